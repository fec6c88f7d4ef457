// Journey 2: the balance in all the ways people ask for it.
import assert from 'node:assert/strict'
import { count, reads, until, visible } from '../lib/expect.mjs'
import { account, person } from '../lib/demo.mjs'
import { journey } from '../lib/stage.mjs'

const BANK = '陵溪农商行'
const wang = person('王强')
const zhao = person('赵桂英')

journey('bound from the menu: the balance says what is held, and 我的账户 shows card, credit, loan and deposit', async ({ desk, shot }) => {
  await desk.open(wang.uid)
  const phone = desk.phone('王强')
  await phone.follow(BANK)
  await phone.menu('查账户', '绑定银行卡')
  const page = await phone.page()
  await page.bind(wang)
  await page.back('返回聊天')
  await reads(phone.answers.last(), /绑好了。以后进出账在这里提醒您/)
  await phone.answerTo(() => phone.menu('查账户', '查余额'), /借记卡1122 可用 [\d,]+\.\d\d 元，账面 [\d,]+\.\d\d，冻结 20\.00 元/)

  await phone.menu('查账户', '我的账户')
  const accounts = await phone.page()
  await visible(accounts.heading('我的账户'))
  for (const tail of ['1122', '4410', '2091', '6013']) await accounts.reads(tail)
  await shot('20-accounts', phone.root)
  await accounts.button('隐藏金额').click()
  assert.doesNotMatch(await accounts.body.innerText(), /\d\.\d\d/)
})

journey('a voice message is answered like words; one that WeChat did not understand is asked for again', async ({ desk, shot }) => {
  await desk.open(`${wang.uid}@${account(BANK).appid}`)
  const phone = desk.phone('王强')
  await phone.answerTo(() => phone.speak('查余额。'), '借记卡1122 可用')
  await phone.answerTo(() => phone.speak(''), /没听清|没听明白/)
  await phone.answerTo(() => phone.speak(null), /没听清|没听明白|听不了/)
  await shot('21-voice', phone.root)
})

journey('with several accounts the bank asks which, and takes a tap, a number and a name for an answer', async ({ desk, shot }) => {
  await desk.open(zhao.uid)
  const phone = desk.phone('赵桂英')
  await phone.follow(BANK)
  const page = await phone.openPageAfter('余额', '点这里绑定')
  await page.bind(zhao)
  await page.back('回聊天接着办')
  await reads(phone.answers.last(), /绑好了。[\s\S]*接着给您查余额/)
  // She was born in 1951: until she says otherwise the bank speaks to her in few words.
  await phone.say('关闭长辈模式', '换回平常的说法')

  const asked = await phone.say('查余额', '查哪个？')
  assert.match(asked, /1 借记卡8821\n2 存折0037\n3 都查/)
  await phone.answerTo(() => phone.tap('2 存折0037'), '存折0037 可用 3,206.50 元')
  await phone.say('查余额', '查哪个？')
  await phone.say('1', '借记卡8821 可用')
  await phone.say('查余额', '查哪个？')
  await phone.say('存折', '存折0037 可用 3,206.50 元')
  await phone.say('查余额', '查哪个？')
  await phone.answerTo(() => phone.tap('3 都查'), /一共有[\s\S]*借记卡8821[\s\S]*存折0037/)
  await shot('22-several', phone.root)
})

journey('an old customer says 大字: the chat speaks in words, the pages have large letters and no sideways scroll', async ({ desk, shot }) => {
  await desk.open(`${zhao.uid}@${account(BANK).appid}`)
  const phone = desk.phone('赵桂英')
  await phone.say('大字', '以后我说短话')
  const balance = await phone.say('存折里还有多少钱', '三千二百零六块五')
  assert.ok(!balance.includes('3,206.50'), `elders are told in words, not figures: ${balance}`)
  await phone.say('上个月的进出账', '全部')
  await shot('23-elder-chat', phone.root)
  const page = await phone.openPage('全部')
  await visible(page.heading('收支明细'))
  await until('letters of elders are 24 px or more', () => page.body.evaluate((body) => parseFloat(getComputedStyle(body).fontSize) >= 24))
  await visible(page.frame.locator('.flow-totals'))
  await page.assertFits()
  await shot('24-elder-statement', phone.root)
  await page.button('小字').click()
  await count(page.frame.locator('html.elder'), 0)
})
