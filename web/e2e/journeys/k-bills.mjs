// An electricity bill: the number once, what is owed, the PIN; the biller confirms; the next time the household is known.
import assert from 'node:assert/strict'
import { reads, visible } from '../lib/expect.mjs'
import { agree, payer } from '../lib/paying.mjs'
import { journey } from '../lib/stage.mjs'

/** Household 0231 of the demo's electricity company; the numbers of bad households say by their end what is wrong. */
const HOUSE = '1011000231'
const OFFLINE = '1011000707'

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
