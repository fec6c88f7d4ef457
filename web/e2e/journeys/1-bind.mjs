// The main job, as the README tells it: follow, ask, bind, and the answer comes without asking again; then last month, the
// second entry explained, and the page with all of them.
import assert from 'node:assert/strict'
import { count, gone, reads, until, visible } from '../lib/expect.mjs'
import { account, person } from '../lib/demo.mjs'
import { journey } from '../lib/stage.mjs'

const BANK = '陵溪农商行'
const li = person('李芳')

journey('a newcomer follows, asks for the balance, binds, and the balance comes without asking again', async ({ desk, shot }) => {
  await desk.open()
  await desk.page.getByLabel('这台手机是谁的').selectOption(li.uid)
  const phone = desk.phone('李芳')
  await phone.follow(BANK)
  await reads(phone.log, '绑一次卡')
  await shot('01-followed', phone.root)

  await phone.say('查余额', '您还没有绑定银行卡')
  const page = await phone.openPage('点这里绑定')
  await page.fillCard(li)
  await shot('02-bind-card', phone.root)
  await page.next()
  await visible(page.heading('验证手机'))
  await page.reads('194****6688')
  const code = await page.fetchCode(li)
  await shot('03-bind-code', phone.root)
  await page.typeCode(code)
  await visible(page.heading('设 6 位密码'))
  await page.pressPin('93')
  await shot('04-bind-pin', phone.root)
  await page.pressPin('6274')
  await visible(page.heading('再输一遍密码'))
  await page.pressPin('936274')
  await page.agree()
  await shot('05-bind-agree', phone.root)
  await page.button('完成绑定').click()
  await visible(page.heading('绑定成功'))
  await page.reads('尾号 6688')
  await shot('06-bind-done', phone.root)
  await page.back('回聊天接着办')

  await reads(phone.answers.last(), /绑好了。[\s\S]*接着给您查余额[\s\S]*借记卡6688 可用 1,280\.50 元/)
  await count(phone.mine, 1)
  await shot('07-balance', phone.root)
})

journey('「上个月的进出账」 gives the totals of last month, and 「第二个是啥」 explains the second line', async ({ desk, shot }) => {
  await desk.open(`${li.uid}@${account(BANK).appid}`)
  const phone = desk.phone('李芳')
  const month = await phone.say('上个月的进出账', /借记卡6688 上月 进 [\d,.]+ 出 [\d,.]+，共 \d+ 笔/)
  const second = /② (.+)/.exec(month)?.[1] ?? ''
  const [, label, amount] = /^\S+ (\S+) (\S+)$/.exec(second) ?? []
  assert.ok(label && amount, `the second line of the list has a label and an amount: ${second}`)
  const explained = await phone.say('第二个是啥', label)
  assert.ok(explained.includes(amount) && !explained.includes('①'), `the explanation is of that one entry: ${explained}`)
  await shot('08-explained', phone.root)
})

journey('〔全部〕 opens the statement of the month that was asked for; months, directions and search narrow it', async ({ desk, shot }) => {
  await desk.open(`${li.uid}@${account(BANK).appid}`)
  const phone = desk.phone('李芳')
  const month = await phone.say('上个月的进出账', '上月 进')
  const [, income, spent, entries] = /进 ([\d,.]+) 出 ([\d,.]+)，共 (\d+) 笔/.exec(month) ?? []
  const page = await phone.openPage('全部')
  await visible(page.heading('收支明细'))
  await page.reads(`共 ${entries} 笔`)
  const totals = page.frame.locator('.flow-totals')
  const words = await totals.innerText()
  assert.ok(words.includes(income) && words.includes(spent), `chat and page tell the same totals: ${words}`)
  const rows = page.frame.locator('.day li')
  await count(rows, Number(entries))
  await shot('10-statement', phone.root)

  const chip = (name) => page.frame.locator('.chips').getByRole('button', { name })
  await chip('进账').click()
  await reads(totals, '找到')
  await gone(page.frame.locator('.row-sum.out'))
  assert.ok((await totals.innerText()).includes(income))
  await chip('出账').click()
  await gone(page.frame.locator('.row-sum.in'))
  await chip('全部').click()
  await count(rows, Number(entries))

  const search = page.frame.getByRole('searchbox')
  await search.fill('电费')
  await until('only the electricity is left', async () => {
    const labels = await page.frame.locator('.row-label').allInnerTexts()
    return labels.length > 0 && labels.every((label) => label.includes('电费'))
  })
  await search.fill('没有这样的')
  await page.reads('没有和「没有这样的」有关的')
  await shot('11-statement-nothing', phone.root)
  await page.button('清除搜索').click()
  await count(rows, Number(entries))

  await rows.first().getByRole('button').click()
  await visible(page.frame.getByRole('dialog', { name: '这笔是什么？' }))
  await shot('12-statement-entry', phone.root)
  await page.button('这笔不是我办的').click()
  await page.reads('先问问家里人')
  await page.button('没办过，请银行查').click()
  await page.reads(/编号 \d{6}-\d{4}，风险专员.*前给您答复/)
  await page.assertFits()
  await shot('12-statement-not-mine', phone.root)
  await page.button('关闭').click()
  const tabs = page.frame.getByRole('tab')
  assert.ok((await tabs.count()) >= 12, 'a year of months can be chosen')
  const before = await totals.innerText()
  await tabs.nth(2).click()
  await until('another month has other totals', async () => (await totals.count()) > 0 && (await totals.innerText()) !== before)
})
