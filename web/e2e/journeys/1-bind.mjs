// Journeys 1 and 3, as the README tells them: from following to the second entry explained.
import assert from 'node:assert/strict'
import { reads, visible } from '../lib/expect.mjs'
import { person } from '../lib/demo.mjs'
import { journey } from '../lib/stage.mjs'

const BANK = '陵溪农商行'

journey('a newcomer follows, asks for the balance, binds, and the balance comes without asking again; then last month and 「第二个是啥」', async ({ desk, shot }) => {
  const li = person('李芳')
  await desk.open()
  await desk.page.getByLabel('这台手机是谁的').selectOption(li.uid)
  const phone = desk.phone('李芳')
  await phone.follow(BANK)
  await reads(phone.log, '绑一次卡')
  await shot('01-followed', phone.root)

  await phone.say('查余额', '您还没有绑定银行卡')
  await shot('02-asked', phone.root)
  const page = await phone.openPage('点这里绑定')
  await page.fillCard(li)
  await shot('03-bind-card', phone.root)
  await page.next()
  await visible(page.heading('验证手机'))
  await page.reads('194****6688')
  const code = await page.fetchCode(li)
  await shot('04-bind-code', phone.root)
  await page.typeCode(code)
  await visible(page.heading('设 6 位密码'))
  await shot('05-bind-pin', phone.root)
  await page.setPin('936274')
  await page.agree()
  await shot('06-bind-agree', phone.root)
  await page.button('完成绑定').click()
  await visible(page.heading('绑定成功'))
  await page.reads('6688')
  await shot('07-bind-done', phone.root)
  await page.back('回聊天接着办')

  await reads(phone.answers.last(), /绑好了。接着给您查余额[\s\S]*1,280\.50/)
  await shot('08-balance', phone.root)

  const month = await phone.say('上个月的进出账', /上月 进 [\d,.]+ 出 [\d,.]+，共 \d+ 笔/)
  const [, income, spent, entries] = /进 ([\d,.]+) 出 ([\d,.]+)，共 (\d+) 笔/.exec(month) ?? []
  const second = /② (.+)/.exec(month)?.[1] ?? ''
  const [, label, amount] = /^\S+ (\S+) (\S+)$/.exec(second) ?? []
  assert.ok(label && amount, `the second line of the list has a label and an amount: ${second}`)
  const explained = await phone.say('第二个是啥', label)
  assert.ok(explained.includes(amount), `the explanation is of the same entry: ${explained}`)
  await shot('09-explained', phone.root)

  const statement = await phone.openPage('全部')
  await visible(statement.heading('收支明细'))
  await statement.reads(`上月共 ${entries} 笔`)
  const totals = await statement.frame.locator('.flow-totals').innerText()
  assert.ok(totals.includes(income) && totals.includes(spent), `chat and page tell the same totals: ${totals}`)
  await shot('10-statement', phone.root)
})
