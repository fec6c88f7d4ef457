// A credit card: a purchase paid back by the month, and bills that are paid by themselves from now on.
import assert from 'node:assert/strict'
import { reads, visible } from '../lib/expect.mjs'
import { control } from '../lib/demo.mjs'
import { goOn, his, PIN } from '../lib/paying.mjs'
import { journey } from '../lib/stage.mjs'

/** He bought a fridge with it the day before the demo began. */
const WHO = '王强'
const WRONG = '111222'

/** A minute stands between two codes. Not days: what later journeys ask of the last week is to be there still. */
async function near(desk) {
  const found = await his(desk, WHO)
  await control.advance(2)
  return found
}

journey('a purchase is paid back by the month: what each term costs, a wrong PIN changes nothing, and the plan is told of', async ({ desk, shot }) => {
  const { who, phone } = await near(desk)
  // A day of the month may have come on which the fridge is on a bill already.
  let told = await phone.say('消费分期', /分几期|分哪一笔|没有能单独分期的/)
  if (told.includes('没有能单独')) told = await phone.say('账单分期', /分几期/)
  if (told.includes('分哪一笔')) told = await phone.say('第一笔', /分几期/)
  assert.match(told, /3期：每期 [\d,.]+ 元，手续费共 [\d,.]+ 元，年化约/)
  await shot('230-terms', phone.root)
  const draft = await phone.say('六期', '核对并输密码')
  assert.match(draft, /分6期还：每期 [\d,.]+ 元/)
  await shot('231-plan', phone.root)
  const page = await phone.openPage('核对并输密码')
  await page.reads(/6期，每期 [\d,.]+ 元，手续费共/)
  await page.reads('马上生效')
  await shot('232-plan-recap', phone.root)
  await goOn(page, who, WRONG)
  await page.button(/^确认分/).click()
  await page.reads('密码不对，还可试 4 次')
  await shot('233-plan-wrong', phone.root)
  await page.pressPin(PIN)
  await page.button(/^确认分/).click()
  await visible(page.heading('已办好分期'))
  await page.assertFits()
  await shot('234-plan-done', phone.root)
  await page.back()
  await reads(phone.answers.last(), /已办好分期.*6期/s)
  const mine = await phone.say('我的分期', /有1笔分期没还完/)
  assert.match(mine, /还剩6期/)
  await shot('235-plans', phone.root)
})

journey('too little is not split, and with a dead core nothing is promised', async ({ desk, shot }) => {
  const { phone } = await near(desk)
  const told = await phone.say('账单分期一百块', /没有办，没有扣钱|您是要/)
  if (told.includes('您是要')) await phone.say('是的', /没有办，没有扣钱/)
  await shot('236-not-split', phone.root)
  await phone.say('不分了', '没有扣钱')
  await desk.weather('核心停')
  await phone.say('我的分期', /查不了|没有回话|忙/)
  await phone.say('消费分期', /没有办|没有扣钱|没有回话/)
  await shot('237-split-dead', phone.root)
  await desk.weather('晴')
  await phone.say('不分了', /./)
})

journey('bills are paid by themselves from now on: signed with the PIN, listed, and stopped in chat', async ({ desk, shot }) => {
  const { who, phone } = await near(desk)
  await phone.say('信用卡自动还款', '每期还多少')
  const draft = await phone.say('全额', '核对并输密码')
  assert.match(draft, /现在不扣钱/)
  const page = await phone.openPage('核对并输密码')
  await page.reads('每次最多')
  await shot('238-autopay', phone.root)
  await goOn(page, who)
  await page.button('确认设自动还款').click()
  await visible(page.heading('设好了，现在没有扣钱'))
  await page.reads('每次最多')
  await page.assertFits()
  await shot('239-autopay-set', phone.root)
  await page.back()
  await phone.say('看自动还款', /信用卡4410自动还款（全额）/)
  await shot('239-autopay-listed', phone.root)
  await phone.answerTo(() => phone.tap('停掉这一个'), /停|取消/)
  await shot('239-autopay-stop', phone.root)
})
