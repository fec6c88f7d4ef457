// For everybody: without a mouse, on a small phone with the largest letters, in the dark.
import assert from 'node:assert/strict'
import { gone, reads, until, visible } from '../lib/expect.mjs'
import { account, control, person } from '../lib/demo.mjs'
import { LARGEST, journey } from '../lib/stage.mjs'

/** The chat of `who` with their bank, on a phone of their own. */
async function chatOf(desk, who) {
  const { uid } = who
  const { appid } = account(who.institution)
  await control.follow(uid, appid)
  await desk.open(`${uid}@${appid}`)
  return desk.phone(who.name)
}

journey('binding works with the keyboard alone', async ({ desk, shot }) => {
  const zhou = person('周海燕')
  const phone = await chatOf(desk, zhou)
  await visible(phone.log)
  const { keyboard } = desk.page
  /** Tabs until the focus is on what `look` wants. */
  const tabTo = async (words, key = 'Tab') => {
    const seen = []
    for (let n = 0; n < 60; n += 1) {
      const name = await focusedName(desk.page)
      if (name.includes(words)) return
      seen.push(name)
      await keyboard.press(key)
    }
    assert.fail(`no way to ${words} with ${key}; the focus went over: ${seen.join(' · ')}`)
  }

  await tabTo(`与${zhou.institution}的对话`)
  await keyboard.press('Enter')
  await until('the keyboard opens the message field', async () => (await focusedName(desk.page)).includes('输入消息'))
  await keyboard.type('查余额')
  await keyboard.press('Enter')
  await reads(phone.answers.last(), '点这里绑定')
  await tabTo('点这里绑定', 'Shift+Tab')
  await keyboard.press('Enter')
  const page = await phone.page()
  await visible(page.heading('绑定银行卡'))

  const tickAll = async () => {
    await visible(page.frame.getByRole('checkbox'))
    for (const box of await page.frame.getByRole('checkbox').all()) {
      await tabTo((await box.getAttribute('aria-label')) ?? '?')
      await keyboard.press('Space')
      await until('the tick is there', async () => (await box.getAttribute('aria-checked')) === 'true')
    }
  }
  await tickAll()
  await tabTo('银行卡号或存折账号')
  for (const words of [zhou.card_no, zhou.name, zhou.id_no, zhou.mobile]) {
    await keyboard.type(words)
    await keyboard.press('Enter')
  }
  await visible(page.heading('验证手机'))
  const before = await desk.latestCode(zhou.mobile)
  await tabTo('获取验证码')
  await keyboard.press('Enter')
  const code = await desk.freshCode(zhou.mobile, before)
  await tabTo('短信里的 6 位数字')
  await keyboard.type(code)
  await visible(page.heading('设 6 位密码'))
  for (const heading of ['设 6 位密码', '再输一遍密码']) {
    await visible(page.heading(heading))
    await tabTo('key ')
    const keys = await page.frame.locator('.keypad-key').allInnerTexts()
    for (const digit of '936274') {
      const at = keys.indexOf((await focusedName(desk.page)).replace('key ', ''))
      await tabTo(`key ${digit}`, at > keys.indexOf(digit) ? 'Shift+Tab' : 'Tab')
      await keyboard.press('Enter')
    }
  }
  await tickAll()
  await shot('60-keyboard', phone.root)
  await tabTo('完成绑定')
  await keyboard.press('Enter')
  await visible(page.heading('绑定成功'))
  await tabTo('回聊天接着办')
  await keyboard.press('Enter')
  await gone(phone.web)
  await reads(phone.answers.last(), '接着给您查余额')
})

/** What a screen reader would call the focused element, also inside the web view. */
async function focusedName(page) {
  for (const frame of [...page.frames()].reverse()) {
    const name = await frame
      .evaluate(() => {
        const at = document.activeElement
        if (!document.hasFocus() || !at || at === document.body || at.tagName === 'IFRAME') return ''
        const label = at.getAttribute('aria-label') ?? at.labels?.[0]?.textContent ?? at.textContent ?? ''
        return (at.classList.contains('keypad-key') ? 'key ' : '') + label.trim()
      })
      .catch(() => '')
    if (name !== '') return name
  }
  return ''
}

journey('on a phone 320 px wide with the largest letters nothing sticks out, and binding works', async ({ desk, context, shot }) => {
  await context.addInitScript(LARGEST)
  const gao = person('林彩霞')
  const phone = await chatOf(desk, gao)
  const page = await phone.openPageAfter('绑卡', '点这里绑定')
  await visible(page.heading('绑定银行卡'))
  const size = await page.body.evaluate((body) => parseFloat(getComputedStyle(body).fontSize))
  assert.ok(size >= 24, `the letters follow WeChat's own setting: ${size}`)
  await page.assertFits()
  await shot('61-small-card')
  await page.fillCard(gao)
  await page.next()
  await visible(page.heading('验证手机'))
  await page.assertFits()
  const before = (await control.sms(gao.mobile)).length
  await page.button('获取验证码').click()
  await until('the code was sent', async () => (await control.sms(gao.mobile)).length > before)
  await shot('62-small-code')
  const newest = (await control.sms(gao.mobile)).sort((a, b) => b.at_ms - a.at_ms)[0]
  await page.typeCode(/\d{6}/.exec(newest.text)[0])
  await visible(page.heading('设 6 位密码'))
  await page.assertFits()
  await shot('63-small-pin')
  await page.setPin('936274')
  await visible(page.frame.getByRole('checkbox'))
  await page.assertFits()
  await shot('64-small-agree')
  await page.agree()
  await page.button('完成绑定').click()
  await visible(page.heading('绑定成功'))
  await page.assertFits()
  await shot('65-small-done')
  await page.button('看看我的账户').click()
  await visible(page.heading('我的账户'))
  await page.assertFits()
  await page.frame.locator('.account').first().click()
  await visible(page.heading('收支明细'))
  await visible(page.frame.locator('.flow-totals, .blank').first())
  await page.assertFits()
  await shot('66-small-statement')
}, { viewport: { width: 320, height: 640 } })

journey('at night the bank\'s pages are dark, and still readable', async ({ desk, shot }) => {
  const li = person('李芳')
  await desk.open(`${li.uid}@${account('陵溪农商行').appid}`)
  const phone = desk.phone('李芳')
  await phone.say('上个月的进出账', '上月 进')
  await shot('70-dark-chat', phone.root)
  const page = await phone.openPage('全部')
  await visible(page.frame.locator('.flow-totals'))
  const ground = await page.body.evaluate((body) => getComputedStyle(body).backgroundColor)
  const [red, green, blue] = ground.match(/\d+/g).map(Number)
  assert.ok(red + green + blue < 150, `the ground is dark: ${ground}`)
  await shot('71-dark-statement', phone.root)
  const bind = await openMenuPage(phone)
  await visible(bind.heading('我的账户'))
  await shot('72-dark-accounts', phone.root)
}, { colorScheme: 'dark' })

async function openMenuPage(phone) {
  await phone.root.getByRole('button', { name: '关闭网页' }).click()
  await gone(phone.web)
  await phone.menu('查账户', '我的账户')
  return phone.page()
}
