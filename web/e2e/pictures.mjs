// The four pictures of the README, taken from a demo of their own: `scripts/e2e.sh --pictures`.
import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { chromium } from 'playwright-core'
import { account, control, demo, person } from './lib/demo.mjs'
import { Desk } from './lib/desk.mjs'
import { reads, visible } from './lib/expect.mjs'

const FOLDER = new URL('../../docs/pictures/', import.meta.url).pathname
const MAX_BYTES = 300 * 1024
const BANK = '陵溪农商行'
const { appid } = account(BANK)
const li = person('李芳')
const wang = person('王强')
const zhao = person('赵桂英')

mkdirSync(FOLDER, { recursive: true })
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--force-color-profile=srgb'] })
const context = await browser.newContext({
  viewport: { width: 1280, height: 940 },
  deviceScaleFactor: 2,
  locale: 'zh-CN',
  timezoneId: 'Asia/Shanghai',
  permissions: ['clipboard-read', 'clipboard-write'],
})
context.setDefaultTimeout(15_000)

function keep(name, bytes) {
  writeFileSync(`${FOLDER}${name}.png`, bytes)
  const size = statSync(`${FOLDER}${name}.png`).size
  console.log(`${name}.png: ${Math.round(size / 1024)} KB`)
  if (size > MAX_BYTES) throw new Error(`${name}.png is larger than ${MAX_BYTES / 1024} KB`)
}

/** Puts pictures of phones beside each other on the desk's own ground. */
async function sideBySide(name, shots, width) {
  const page = await context.newPage()
  const images = shots.map((bytes) => `<img style="width:${width}px;border-radius:${width * 0.138}px" src="data:image/png;base64,${bytes.toString('base64')}">`)
  await page.setContent(`<body style="display:inline-flex;gap:28px;margin:0;padding:24px 28px;background:#f7f9f7">${images.join('')}`)
  const row = page.locator('body')
  await row.locator('img').last().evaluate((image) => image.decode())
  keep(name, await row.screenshot({ scale: 'device' }))
  await page.close()
}

const page = await context.newPage()
const desk = new Desk(page, demo.phone)
/** One phone without the desk around it; the corners stay round. */
const taken = (phone) => phone.root.screenshot({ animations: 'disabled', omitBackground: true })

for (const who of [li, wang, zhao]) await control.follow(who.uid, appid)
await desk.open(`${li.uid}@${appid}`)
const phone = desk.phone('李芳')
const bind = await phone.openPageAfter('查余额', '点这里绑定')
await bind.fillCard(li)
await bind.heading('绑定银行卡').scrollIntoViewIfNeeded()
await bind.body.evaluate(() => {
  document.activeElement?.blur()
  window.scrollTo({ top: 0 })
})
const steps = [await taken(phone)]
await bind.next()
await visible(bind.heading('验证手机'))
await bind.typeCode(await bind.fetchCode(li))
await visible(bind.heading('设 6 位密码'))
await bind.pressPin('9362')
steps.push(await taken(phone))
await bind.pressPin('74')
await visible(bind.heading('再输一遍密码'))
await bind.pressPin('936274')
await bind.agree()
await bind.button('完成绑定').click()
await visible(bind.heading('绑定成功'))
steps.push(await taken(phone))
await bind.back()
await reads(phone.answers.last(), '1,280.50')
await sideBySide('bind', steps, 300)

await desk.open(`${li.uid}@${appid}`, `${zhao.uid}@${appid}`)
const elder = desk.phone('赵桂英')
const form = await elder.openPageAfter('余额', '点这里绑定')
await form.bind(zhao)
await form.back()
await elder.say('存折', '三千二百零六块五')
await desk.quiet()
keep('phone', await page.screenshot({ animations: 'disabled', scale: 'css' }))

await desk.open(`${wang.uid}@${appid}`)
const speaker = desk.phone('王强')
await speaker.menu('查账户', '绑定银行卡')
const his = await speaker.page()
await his.bind(wang)
await his.back()
await speaker.answerTo(() => speaker.speak('卡里还有多少钱'), '1122 可用')
await speaker.keyboard()
await desk.quiet()
const spoken = await taken(speaker)
await desk.open(`${li.uid}@${appid}`)
await phone.say('上个月的进出账', '上月 进')
await phone.say('第二个是啥', /312\.40/)
await desk.quiet()
await sideBySide('balance', [spoken, await taken(phone)], 300)

const statement = await phone.openPage('全部')
await visible(statement.frame.locator('.flow-totals'))
const pages = [await taken(phone)]
await statement.frame.locator('.day li button', { hasText: '惠农补贴' }).first().click()
await visible(statement.frame.getByRole('dialog', { name: '这笔是什么？' }))
pages.push(await taken(phone))
await sideBySide('statement', pages, 300)

await browser.close()
