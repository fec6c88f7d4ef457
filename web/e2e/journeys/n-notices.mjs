// Notices: what is paid is on the phone as a template message within three seconds; what the customer says of notices holds.
import assert from 'node:assert/strict'
import { until, visible } from '../lib/expect.mjs'
import { agree, payer } from '../lib/paying.mjs'
import { control } from '../lib/demo.mjs'
import { journey } from '../lib/stage.mjs'

const SECONDS_MS = 3_000

journey('what goes out of an account is on the phone as a template message within three seconds', async ({ desk, shot }) => {
  const { who, phone } = await payer(desk)
  const bubbles = phone.log.locator('article.card')
  const before = await bubbles.count()
  const page = await phone.openPageAfter('给李芳转一百二', '核对并输密码')
  await agree(page, who)
  await page.button('确认转 120.00 元').click()
  await visible(page.heading('已转出'))
  const since = performance.now()
  await page.back()
  await until('a bubble has come', async () => (await bubbles.count()) > before)
  assert.ok(performance.now() - since < SECONDS_MS, 'later than three seconds')
  const bubble = bubbles.last()
  for (const words of ['账户变动提醒', '支出', '120.00元', '流水']) await visible(bubble.getByText(words).first())
  await shot('190-notice', phone.root)
})

journey('a customer sets in chat what is told: from which sum on, by which way, and at which hours', async ({ desk, shot }) => {
  const { phone } = await payer(desk)
  await phone.say('动账提醒', /进账出账都提醒/)
  await phone.say('超过五百才提醒', /500\.00元以上才提醒/)
  await phone.say('晚上10点到早上7点安静', /22:00到07:00/)
  await shot('191-notices-set', phone.root)
  await phone.say('通知设置', /账户动账：发微信/)
  await phone.tap('只发微信')
  await phone.say('每笔都提醒动账', /进账出账都提醒/)
  await phone.say('关掉免打扰', /没设/)
  await control.advance(1)
})

journey('what one is told of is switched on a page at once, and taken back by the same tap', async ({ desk, shot }) => {
  const { phone } = await payer(desk)
  const page = await phone.openPageAfter('通知设置', '打开通知设置')
  await visible(page.heading('通知设置'))
  const told = page.frame.getByRole('status')
  const first = page.frame.getByRole('switch', { name: /动账提醒$/ }).first()
  await page.assertFits()
  await shot('192-notices-page', phone.root)
  await first.click()
  await visible(told.getByText('改好了'))
  assert.equal(await first.getAttribute('aria-checked'), 'false')
  await first.click()
  await until('it is on again', async () => (await first.getAttribute('aria-checked')) === 'true')
  await page.frame.getByLabel('多少钱起').first().selectOption({ label: '500 元以上才提醒' })
  await visible(told.getByText('改好了'))
  await page.frame.getByRole('switch', { name: /夜里不响/ }).click()
  await visible(told.getByText('免打扰改好了'))
  await page.frame.getByRole('switch', { name: /夜里不响/ }).scrollIntoViewIfNeeded()
  await page.assertFits()
  await shot('193-notices-quiet', phone.root)
  // He reads large letters; the small ones fit as well.
  await page.button('小字').click()
  await visible(page.button('大字'))
  await page.assertFits()
  await shot('194-notices-small', phone.root)
  await page.button('大字').click()
  await visible(page.button('小字'))
  await page.back()
  // The chat says the same.
  await phone.say('动账提醒', /500\.00元以上才提醒/)
  await phone.say('免打扰', /22:00到07:00/)
  await phone.say('每笔都提醒动账', /进账出账都提醒/)
  await phone.say('关掉免打扰', /没设/)
  await control.advance(1)
})
