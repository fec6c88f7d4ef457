// The bank's own pages inside WeChat's web view, filled in as a person does it.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { gone, reads, visible } from './expect.mjs'

export class BankPage {
  constructor(phone, frame) {
    this.phone = phone
    this.frame = frame
    this.body = frame.locator('body')
  }

  heading(name) {
    return this.frame.getByRole('heading', { name })
  }

  button(name) {
    return this.frame.getByRole('button', { name })
  }

  async fillCard(person) {
    await visible(this.heading('绑定银行卡'))
    await this.tick()
    await this.frame.getByLabel('银行卡号或存折账号').fill(person.card_no)
    await this.frame.getByLabel('姓名').fill(person.name)
    await this.frame.getByLabel('身份证号').fill(person.id_no)
    await this.frame.getByLabel('手机号').fill(person.mobile)
  }

  async next() {
    await this.button('下一步').click()
  }

  /** Saves a picture of the desk («银行卡», «身份证», «拍糊的卡», «一张门票») and chooses it where the page asks for a photo. */
  async photograph(button, sample) {
    const { page } = this.phone.desk
    const saved = page.waitForEvent('download')
    await page.getByRole('button', { name: `存下${sample}的照片` }).click()
    await this.photographFile(button, readFileSync(await (await saved).path()))
  }

  /** The same with bytes of one's own, as a PNG. */
  async photographFile(button, buffer) {
    await this.choose(button, { name: 'photo.png', mimeType: 'image/png', buffer })
  }

  async choose(button, file) {
    const chooser = this.phone.desk.page.waitForEvent('filechooser')
    await this.button(button).click()
    await (await chooser).setFiles(file)
  }

  /** Gets a code, reads it in the inbox on the desk, and taps away the notice that drops into the phone. */
  async fetchCode(person) {
    const before = await this.phone.desk.latestCode(person.mobile)
    await this.button('获取验证码').click()
    const code = await this.phone.desk.freshCode(person.mobile, before)
    await this.phone.putMessageAway(code)
    return code
  }

  async typeCode(code) {
    await this.frame.getByLabel(/^(短信里|电话里念)的 6 位数字/).fill(code)
  }

  /** As if the customer had been in another app: the page asks the bank where it is. */
  async comeBack() {
    await this.body.evaluate(() => void document.dispatchEvent(new Event('visibilitychange')))
  }

  /** Presses the digits on the bank's keypad, wherever they stand. */
  async pressPin(pin) {
    const pad = this.frame.getByRole('group', { name: '密码键盘' })
    await visible(pad)
    for (const digit of pin) await pad.getByRole('button', { name: digit, exact: true }).click()
  }

  async setPin(pin, again = pin) {
    await visible(this.heading('设 6 位密码'))
    await this.pressPin(pin)
    await visible(this.heading('再输一遍密码'))
    await this.pressPin(again)
  }

  /** Ticks every agreement there is, unless it is ticked. */
  async tick() {
    for (const box of await this.frame.getByRole('checkbox').all()) {
      if ((await box.getAttribute('aria-checked')) !== 'true') await box.click()
    }
  }

  async agree() {
    await visible(this.frame.getByRole('checkbox'))
    await this.tick()
  }

  /** From the open form to 绑定成功. */
  async bind(person, pin = '936274') {
    await this.fillCard(person)
    await this.next()
    await visible(this.heading('验证手机'))
    await this.typeCode(await this.fetchCode(person))
    await this.setPin(pin)
    await this.agree()
    await this.button('完成绑定').click()
    await visible(this.heading('绑定成功'))
  }

  async back(name = /返回聊天|回聊天接着办/) {
    await this.button(name).first().click()
    await gone(this.phone.web)
  }

  /** Nothing sticks out to the side. */
  async assertFits() {
    const [width, room] = await this.body.evaluate((body) => [
      Math.max(body.scrollWidth, body.ownerDocument.documentElement.scrollWidth),
      body.ownerDocument.documentElement.clientWidth,
    ])
    assert.ok(width <= room, `the page is ${width} px wide in a window of ${room}`)
  }

  reads(wanted) {
    return reads(this.body, wanted)
  }
}
