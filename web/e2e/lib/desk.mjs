// The phone page as a person uses it: the desk with its controls, the phones on it, a chat, a web page in WeChat.
import assert from 'node:assert/strict'
import { gone, reads, until, visible } from './expect.mjs'
import { BankPage } from './bank.mjs'
import { control } from './demo.mjs'

export class Desk {
  constructor(page, url) {
    this.page = page
    this.url = url
  }

  /** Opens the page. Without names it is as a newcomer meets it: one phone on the desk. */
  async open(...phones) {
    const query = new URLSearchParams(phones.map((one) => ['phone', one]))
    await this.page.goto(phones.length > 0 ? `${this.url}?${query}` : this.url)
    await reads(this.page.locator('.link'), '已连上模拟器')
  }

  /** The chat of somebody who follows the account already. */
  async chat(uid, appid, name) {
    await control.follow(uid, appid)
    await this.open(`${uid}@${appid}`)
    const phone = this.phone(name)
    await visible(phone.log)
    return phone
  }

  phone(name) {
    return new Phone(this, this.page.getByRole('region', { name: `${name}的手机` }))
  }

  /** Turns the clock forward by one press of a knob: '1 分钟', '15 分钟', '1 天', '1 个月'. */
  async turnClock(step) {
    await this.page.getByRole('button', { name: `时间快进 ${step}` }).click()
    await visible(this.page.locator('.notes').getByText(/^现在是/))
  }

  /** No focus ring, no notice: as it looks when nobody touches it. */
  async quiet() {
    await this.page.evaluate(() => document.activeElement?.blur())
    await gone(this.page.locator('.notes li'))
  }

  /** 晴, 慢, 断续 or 重复投递. */
  async weather(name) {
    const button = this.page.locator('.presets').getByRole('button', { name, exact: true })
    await button.click()
    await until(`the weather is ${name}`, async () => (await button.getAttribute('aria-pressed')) === 'true')
  }

  /** The code in the newest short message to this number in the inbox on the desk; '' when there is none. */
  async latestCode(mobile) {
    const codes = this.page.getByRole('region', { name: /^短信/ }).locator('li', { hasText: mobile }).locator('.code b')
    return (await codes.count()) === 0 ? '' : codes.first().innerText()
  }

  /** Waits for a code to this number other than `before`. */
  async freshCode(mobile, before) {
    const code = await until(`a new code for ${mobile} in the inbox`, async () => {
      const newest = await this.latestCode(mobile)
      return newest === before ? '' : newest
    })
    assert.match(code, /^\d{6}$/)
    return code
  }

  /** Puts one more phone on the desk, of this customer. */
  async addPhone(label) {
    await this.page.getByRole('button', { name: '添一台手机' }).click()
    const dialog = this.page.getByRole('dialog', { name: '添一台手机' })
    await dialog.getByLabel('给哪位客户').selectOption({ label })
    await dialog.getByRole('button', { name: '添上' }).click()
  }

  /** What the next web login of this customer does: 同意, 拒绝 or 快照页. */
  async nextLogin(uid, answer) {
    await this.page.getByRole('tab', { name: '故障' }).click()
    const pane = this.page.getByRole('tabpanel', { name: '故障' })
    await pane.getByLabel(/^客户/).selectOption(uid)
    await pane.getByRole('button', { name: answer, exact: true }).click()
    await visible(this.page.locator('.notes').getByText('下一次网页授权'))
    await this.page.getByRole('tab', { name: '台面' }).click()
  }
}

export class Phone {
  constructor(desk, root) {
    this.desk = desk
    this.root = root
    this.log = root.getByRole('log')
    this.web = root.getByRole('dialog', { name: /^网页/ })
  }

  /** Follows an account the way a person finds it: contacts, its page, 关注公众号. */
  async follow(account) {
    await this.root.getByRole('button', { name: '通讯录' }).click()
    await this.root.getByRole('button', { name: account }).click()
    await this.root.getByRole('button', { name: '关注公众号' }).click()
    await visible(this.log)
  }

  /** Waits until what was said before is there. */
  async loaded() {
    await visible(this.log)
    await gone(this.log.getByText('正在读取消息'))
  }

  /** Bubbles of the account, oldest first. */
  get answers() {
    return this.log.locator('li.row:not(.mine) .bubble')
  }

  get mine() {
    return this.log.locator('li.row.mine')
  }

  async keyboard() {
    const toKeyboard = this.root.getByRole('button', { name: '切换到键盘' })
    if (await toKeyboard.isVisible()) await toKeyboard.click()
  }

  /** Types and sends. */
  async type(words) {
    await this.keyboard()
    const field = this.root.getByRole('textbox', { name: '输入消息，回车发送' })
    await field.fill(words)
    await field.press('Enter')
  }

  /** Does something and returns the first answer that comes after it and holds `wanted`. */
  async answerTo(act, wanted) {
    await this.loaded()
    const before = await this.answers.count()
    await act()
    const fresh = async () => (await this.answers.allInnerTexts()).slice(before)
    return until(
      async () => `an answer that holds ${String(wanted)}; what came:\n${(await fresh()).join('\n—\n') || '(nothing)'}`,
      async () => (await fresh()).find((text) => (wanted instanceof RegExp ? wanted.test(text) : text.includes(wanted))),
    )
  }

  /** Says something and returns the answer that holds `wanted`. */
  say(words, wanted) {
    return this.answerTo(() => this.type(words), wanted)
  }

  /** Taps a line of the newest bubble that has it. */
  async tap(line) {
    await this.answers.getByRole('button', { name: line }).or(this.answers.getByRole('link', { name: line })).last().click()
  }

  /** Taps a link in the chat and gives the page that opens. */
  async openPage(link) {
    await this.tap(link)
    return this.page()
  }

  /** Says something, and opens the page the answer links to. */
  async openPageAfter(words, link) {
    await this.say(words, link)
    return this.openPage(link)
  }

  async page() {
    await visible(this.web)
    return new BankPage(this, this.web.frameLocator('iframe'))
  }

  /** Taps the short message that dropped in from above, which copies its code. */
  async putMessageAway(code) {
    const notice = this.root.getByRole('button', { name: code })
    await notice.click()
    await gone(notice)
  }

  /** One of the things behind the plus: 图片, 视频, 位置, 语音, 扫一扫, 链接. */
  async more(thing) {
    await this.keyboard()
    const plus = this.root.getByRole('button', { name: '更多功能' })
    if ((await plus.getAttribute('aria-expanded')) !== 'true') await plus.click()
    await this.root.getByRole('button', { name: thing, exact: true }).click()
  }

  /** Sends one of the places on the map: 河东集市, 城关汽车站, 柳树湾村口, 云麓县城, 外省的工地; then what is behind the plus is put away. */
  async sendPlace(name) {
    await this.more('位置')
    const sheet = this.root.getByRole('dialog', { name: '发送位置' })
    await sheet.getByRole('radio', { name }).click()
    await sheet.getByRole('button', { name: '发送', exact: true }).click()
    await gone(sheet)
    await this.root.getByRole('button', { name: '更多功能' }).click()
  }

  /** In 扫一扫: holds the phone before the code of this account with this scene, one of the printed ones or any other. */
  async aim(account, { printed, scene }) {
    await this.root.getByRole('combobox', { name: /^公众号/ }).selectOption({ label: account })
    if (printed) await this.root.getByRole('button', { name: printed }).click()
    else await this.root.getByLabel('场景值').fill(scene)
  }

  /** Sends one of the pictures on the phone: 电费单, 存折内页, 付款截图, 稻田. */
  async sendPicture(name) {
    await this.more('图片')
    await this.root.getByRole('button', { name: `发送${name}` }).click()
  }

  /** Says it by voice; `heard` is what WeChat recognised, '' for nothing, null for no recognition at all. */
  async speak(heard) {
    await this.more('语音')
    const sheet = this.root.getByRole('dialog', { name: '语音消息' })
    if (heard === null) await sheet.getByText('不带识别').click()
    else if (heard === '') await sheet.getByText('识别为空').click()
    else await sheet.getByLabel('识别出的文字').fill(heard)
    await sheet.getByRole('button', { name: '发送' }).click()
  }

  /** A line of the account's menu bar. */
  async menu(top, line) {
    const toMenu = this.root.getByRole('button', { name: '切换到菜单' })
    if (await toMenu.isVisible()) await toMenu.click()
    await this.root.getByRole('menuitem', { name: top }).click()
    await this.root.getByRole('menuitem', { name: line, exact: true }).click()
  }
}
