// A photo of a paper bill in the chat: what is read of it begins the payment; what is no bill, or cannot be read now, is told.
import assert from 'node:assert/strict'
import { reads, visible } from '../lib/expect.mjs'
import { control } from '../lib/demo.mjs'
import { agree, payer } from '../lib/paying.mjs'
import { journey } from '../lib/stage.mjs'

/** Of a bank whose bills no other journey pays. */
const WHO = '周海燕'

journey('a photo of an electricity bill is read, and what the biller says is owed is paid', async ({ desk, shot }) => {
  const { who, phone } = await payer(desk, WHO)
  const told = await phone.answerTo(() => phone.sendPicture('电费单'), '核对并输密码')
  assert.match(told, /看到的是电费单，尾号0231，单子上是 86\.00 元/)
  await shot('280-slip', phone.root)
  const page = await phone.openPage('核对并输密码')
  await page.reads(/86\.00\s元\s+捌拾陆元整/)
  await shot('281-slip-recap', phone.root)
  await agree(page, who)
  await page.button(/^确认交/).click()
  await visible(page.heading(/已扣钱|已交/))
  await page.back()
  await reads(phone.answers.last(), /已交电费 86\.00 元/)
  // The paper is still there, the debt is not.
  const again = await phone.answerTo(() => phone.sendPicture('电费单'), /刚交过|不欠/)
  assert.ok(!again.includes('核对并输密码'), again)
  await shot('282-slip-again', phone.root)
  await phone.say('不交了', /./)
})

journey('what is no bill is told apart, and while nobody reads photos the number is typed', async ({ desk, shot }) => {
  const { phone } = await payer(desk, WHO)
  await phone.answerTo(() => phone.sendPicture('稻田'), /看不出是缴费单/)
  await shot('283-no-slip', phone.root)
  await control.weather({ vendor_5xx_percent: 100 })
  await phone.answerTo(() => phone.sendPicture('电费单'), /照片现在看不了。请打字说/)
  await control.fairWeather()
  await desk.weather('核心停')
  await phone.answerTo(() => phone.sendPicture('电费单'), /没有扣钱/)
  await shot('284-slip-dead', phone.root)
  await desk.weather('晴')
  await phone.say('不交了', /./)
})
