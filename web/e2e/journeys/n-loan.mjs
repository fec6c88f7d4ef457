// Drawing a loan under a credit line: as much as there is, in bad weather, and only by the newest card.
import assert from 'node:assert/strict'
import { reads, visible } from '../lib/expect.mjs'
import { control } from '../lib/demo.mjs'
import { goOn, payer, PIN } from '../lib/paying.mjs'
import { journey } from '../lib/stage.mjs'

/** Asks for so much, for half a year, the interest by the month; up to the card. */
async function asks(phone, sum) {
  await phone.say('自助用款', '要用多少钱')
  await phone.say(sum, '要用多久')
  await phone.say('半年', '怎么还')
  return phone.say('1', '核对并输密码')
}

journey('a loan is drawn: more than the line is refused, the core does not answer, and then the loan is there', async ({ desk, shot }) => {
  const { who, phone } = await payer(desk)
  await phone.say('自助用款', /惠农贷授信3303还能用/)
  await phone.say('五十万', /没有借款。这笔授信还能用/)
  await shot('240-too-much', phone.root)
  await phone.say('两万', '要用多久')
  await phone.say('半年', '怎么还')
  const card = await phone.say('1', '核对并输密码')
  assert.match(card, /两万块.*随时可以提前还/s)
  await shot('241-loan-card', phone.root)
  const page = await phone.openPage('核对并输密码')
  await page.reads(/20,000\.00\s元\s+贰万元整/)
  await page.reads(/年利率4\.20%，按月付息到期还本，\d{4}年\d{1,2}月\d{1,2}日到期/)
  await shot('242-loan-recap', phone.root)
  // Leaving the page would wipe the PIN: the weather turns before.
  await desk.weather('核心不回话')
  await goOn(page, who)
  await page.button('确认借 20,000.00 元').click()
  await visible(page.heading('正在确认'))
  await page.assertFits()
  await shot('243-loan-confirming', phone.root)
  await desk.weather('晴')
  await visible(page.heading('已放款'))
  await page.assertFits()
  await shot('244-loan-there', phone.root)
  await page.back()
  await reads(phone.answers.last(), /新贷款尾号\d{4}/)
  await phone.say('还款计划', /按月付息到期还本，共6期/)
  await shot('245-loan-plan', phone.root)
})

journey('a card that was changed is out of date: its page says so, and the newer one is paid out', async ({ desk, shot }) => {
  const { who, phone } = await payer(desk)
  await asks(phone, '三千')
  await phone.say('改成四千', /核对并输密码/)
  const links = phone.answers.getByRole('link', { name: '核对并输密码' })
  await links.nth((await links.count()) - 2).click()
  const old = await phone.page()
  await old.reads(/您后来又说了新的/)
  await old.assertFits()
  await shot('246-loan-stale', phone.root)
  await old.back()
  const page = await phone.openPage('核对并输密码')
  await goOn(page, who)
  await page.button('确认借 4,000.00 元').dblclick()
  await visible(page.heading('已放款'))
  await page.back()
  await reads(phone.answers.last(), /新贷款尾号\d{4}/)
})

journey('with a dead core nothing is borrowed, in the chat and at the PIN, and with the same card when it is back', async ({ desk, shot }) => {
  const { who, phone } = await payer(desk)
  await asks(phone, '五千')
  await desk.weather('核心停')
  await phone.say('改成六千', /没有扣钱。银行系统没有回话/)
  await shot('247-loan-dead', phone.root)
  await desk.weather('晴')
  await phone.say('确认', '核对并输密码')
  const page = await phone.openPage('核对并输密码')
  await goOn(page, who)
  await control.weather({ core_outage: true })
  await page.button('确认借 6,000.00 元').click()
  await page.reads('没有借款。银行系统没有回话，请过一会儿再试')
  await page.assertFits()
  await shot('248-loan-dead-page', phone.root)
  await control.fairWeather()
  await page.pressPin(PIN)
  await page.button('确认借 6,000.00 元').click()
  await visible(page.heading('已放款'))
  await page.back()
}, { allows: /^503 from POST .*\/pay\/do$|status of 503/ })
