// An electricity bill: the number once, what is owed, the PIN; the biller confirms; the next time the household is known.
import assert from 'node:assert/strict'
import { reads, until, visible } from '../lib/expect.mjs'
import { control } from '../lib/demo.mjs'
import { PIN, agree, payer } from '../lib/paying.mjs'
import { journey } from '../lib/stage.mjs'

/** Household 0231 of the demo's electricity company; the numbers of bad households say by their end what is wrong. */
const HOUSE = '1011000231'
const OFFLINE = '1011000707'
/** Who was paid owes nothing any more: a household for each weather. */
const WHEN_SLOW = '1011000362'
const WHEN_DEAD = '1011000523'
const WHEN_TWICE = '1011000617'

/** How often money went out for electricity since yesterday, by the core's own statement: whoever pays here paid nothing for two days. */
async function taken(phone) {
  // On the seventh of a month the last seven days are 本月.
  const told = await phone.say('查明细', /7天|本月/)
  return told.match(/(今天|昨天) 电费 −/g)?.length ?? 0
}

/** From the page that says what came of it to the biller's word: in the chat each is told once, and money went out once. */
async function paidOnce(phone, page, house) {
  await visible(page.heading(/已扣钱|已交/))
  await page.assertFits()
  await page.back()
  const tail = `尾号${house.slice(-4)}`
  const told = phone.answers.filter({ hasText: tail })
  await reads(told.last(), /^✔ 已(扣钱：|交)电费/)
  // A biller takes some seconds to confirm: the clock is turned.
  await control.advance(1)
  await reads(told.last(), /^✔ 已交电费/)
  await phone.say(`交电费户号${house}`, /刚交过.*不欠电费/)
  await phone.say('不交了', '没有扣钱')
  assert.equal(await taken(phone), 1)
  const all = await told.allInnerTexts()
  for (const words of ['✔ 已扣钱', '✔ 已交']) {
    assert.ok(all.filter((one) => one.startsWith(words)).length <= 1, `told twice:\n${all.join('\n—\n')}`)
  }
}

journey('an electricity bill is asked for by number, paid with the PIN, and confirmed by the biller', async ({ desk, shot }) => {
  const { who, phone } = await payer(desk)
  await phone.say('交电费', '户号')
  const page = await phone.openPageAfter(HOUSE, '核对并输密码')
  await visible(page.heading('看清楚再点'))
  await page.reads(/86\.00\s元\s+捌拾陆元整/)
  await page.assertFits()
  await shot('190-bill', phone.root)
  await agree(page, who)
  await page.button(/^确认交/).click()
  await visible(page.heading(/已扣钱|已交/))
  await page.assertFits()
  await shot('191-bill-paid', phone.root)
  await page.back()
  await reads(phone.answers.last(), /已交电费 86\.00 元/)
  // Known by now: nothing is asked, and nothing is owed.
  const told = await phone.say('交电费', /刚交过 86\.00 元，不欠电费/)
  assert.ok(!told.includes('户号是多少'), told)
  await phone.say('不交了', /./)
})

journey('a biller that is offline takes nothing, and a number nobody has is said to be wrong', async ({ desk, shot }) => {
  const { phone } = await payer(desk)
  await phone.say('交水费', '户号')
  await phone.say('12345', /户号|数字/)
  await phone.say('不交了', /./)
  await phone.say(`交电费户号${OFFLINE}`, /没有扣钱/)
  await shot('192-offline', phone.root)
  await phone.say('不交了', /./)
})

journey('a bill in bad weather: the core does it and does not answer, and it is known a moment later', async ({ desk }) => {
  const { who, phone } = await payer(desk)
  const page = await phone.openPageAfter('给19900001111充50话费', '核对并输密码')
  await desk.weather('核心不回话')
  await agree(page, who)
  await page.button(/^确认交/).click()
  await visible(page.heading('正在确认'))
  await desk.weather('晴')
  await visible(page.heading(/已扣钱|已交/))
  await page.back()
  // The chat hears of it a moment later; until then the top-up is still what is being done.
  await reads(phone.answers.last(), /已交话费 50\.00 元/)
})

journey('a slow core is waited for, and the electricity bill is paid once', async ({ desk, shot }) => {
  const { who, phone } = await payer(desk)
  await desk.weather('核心慢')
  // What is owed comes later than WeChat waits for an answer, as a message of its own.
  const page = await phone.openPageAfter(`交电费户号${WHEN_SLOW}`, '核对并输密码')
  await agree(page, who)
  // Whoever sees nothing happen taps again.
  await page.button(/^确认交/).dblclick()
  await visible(page.heading(/已扣钱|已交|正在确认/))
  await shot('193-bill-slow', phone.root)
  await desk.weather('晴')
  await paidOnce(phone, page, WHEN_SLOW)
})

journey('a dead core takes nothing for an electricity bill, in the chat and at the PIN, and the same sentence works when it is back', async ({ desk, shot }) => {
  const { who, phone } = await payer(desk)
  await desk.weather('核心停')
  await phone.say(`交电费户号${WHEN_DEAD}`, /^没有扣钱。银行系统没有回话/)
  await shot('194-bill-dead', phone.root)
  await desk.weather('晴')
  assert.equal(await taken(phone), 0)
  const page = await phone.openPageAfter(`交电费户号${WHEN_DEAD}`, '核对并输密码')
  await agree(page, who)
  // Not by the button on the desk: leaving the page would wipe the PIN.
  await control.weather({ core_outage: true })
  await page.button(/^确认交/).click()
  await page.reads('没有扣钱。银行系统没有回话，请过一会儿再试')
  await page.assertFits()
  await shot('195-bill-dead-page', phone.root)
  await control.fairWeather()
  await page.pressPin(PIN)
  await page.button(/^确认交/).click()
  await paidOnce(phone, page, WHEN_DEAD)
}, { allows: /^503 from POST .*\/pay\/do$|status of 503/ })

journey('a household number that WeChat delivers twice makes one payment of its bill', async ({ desk, shot }) => {
  const { who, phone } = await payer(desk)
  await control.weather({ duplicate_percent: 100 })
  const page = await phone.openPageAfter(`交电费户号${WHEN_TWICE}`, '核对并输密码')
  await until('the number was delivered twice', () => control.isRepeated(who.uid))
  await agree(page, who)
  await page.button(/^确认交/).dblclick()
  await paidOnce(phone, page, WHEN_TWICE)
  await shot('196-bill-twice', phone.root)
})

journey('of several bills the customer says which one went wrong', async ({ desk, shot }) => {
  const { phone } = await payer(desk)
  await phone.say('缴错费了', /是哪一笔/)
  await shot('197-which-bill', phone.root)
  await phone.say('第二笔', /^已交：这一笔是给/)
  await shot('198-bill-mistake', phone.root)
})
