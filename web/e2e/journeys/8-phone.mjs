// What else WeChat's chat shows, and the desk around the phones: agents, subscription notices, mass sends, narrow and dark screens.
import assert from 'node:assert/strict'
import { gone, reads, until, visible } from '../lib/expect.mjs'
import { account, control } from '../lib/demo.mjs'
import { journey } from '../lib/stage.mjs'

const BANK = '陵溪农商行'
const { appid } = account(BANK)

/** A new follower's phone beside the pane of WeChat's other doors, turned to the bank. */
async function doors(desk, name) {
  const uid = await control.newUser(name)
  await control.follow(uid, appid)
  await desk.open(`${uid}@${appid}`)
  const phone = desk.phone(name)
  await phone.loaded()
  await desk.page.getByRole('tab', { name: '客服' }).click()
  const pane = desk.page.getByRole('tabpanel', { name: '客服' })
  await pane.getByLabel(/^公众号/).selectOption(appid)
  return { phone, pane, uid }
}

journey('an agent of WeChat\'s own desk writes under a name, and the bank hears nothing meanwhile', async ({ desk, shot }) => {
  const { phone, pane, uid } = await doors(desk, '贺小梅')
  await pane.getByLabel('值班柜员的状态').selectOption('on')
  await pane.getByLabel('接待哪位客户').selectOption(uid)
  await pane.getByRole('button', { name: '接待', exact: true }).click()
  await reads(pane, '值班柜员 正在接待 贺小梅')
  await phone.type('卡被机器吞了')
  await pane.getByLabel('以值班柜员的身份写给贺小梅').fill('别急，请带身份证到网点')
  await pane.getByRole('button', { name: '发送' }).click()
  await reads(phone.answers.last(), '请带身份证到网点')
  await reads(phone.log.locator('.agent').last(), '值班柜员')
  await shot('80-agent', desk.page)
  const heard = await control.exchanges({ appid, uid, kind: 'push' })
  assert.ok(heard.every((one) => !one.request_plain.includes('吞了')), 'the bank was not told')
  await pane.getByRole('button', { name: '结束' }).click()
  await phone.say('查余额', '点这里绑定')
})

journey('a customer agrees to notices in WeChat\'s own sheet, and takes it back', async ({ desk, shot }) => {
  const { phone, pane } = await doors(desk, '祝平安')
  await pane.getByRole('button', { name: '请祝平安订阅' }).click()
  const sheet = phone.root.getByRole('dialog', { name: '订阅通知' })
  await visible(sheet.getByText('业务办理进度通知'))
  await shot('81-consent', phone.root)
  await sheet.getByLabel(/惠民补贴到账通知/).uncheck()
  await sheet.getByLabel(/到期提醒/).uncheck()
  await sheet.getByRole('button', { name: '允许' }).click()
  await gone(sheet)
  await reads(pane, '还能发 1 条')
  await pane.getByRole('button', { name: '关掉业务办理进度通知' }).click()
  await until('nothing is agreed to', async () => !(await pane.innerText()).includes('还能发'))
})

journey('what is sent to everyone arrives as a card, opens as an article, and has its daily limit', async ({ desk, shot }) => {
  const { phone, pane } = await doors(desk, '郝春生')
  await pane.getByLabel('文章标题').fill('元旦营业时间')
  await pane.getByRole('button', { name: '群发', exact: true }).click()
  const card = phone.log.getByRole('button', { name: '元旦营业时间' })
  await visible(card)
  await shot('82-mass', phone.root)
  await pane.getByLabel('文章标题').fill('再发一条')
  await pane.getByRole('button', { name: '群发', exact: true }).click()
  await visible(desk.page.locator('.notes').getByText('45028'))
  await card.click()
  await visible(phone.web.frameLocator('iframe').getByRole('heading', { name: '元旦营业时间' }))
  await shot('83-article', phone.root)
})

journey('on a screen 320 px wide every control of the desk can be reached and nothing sticks out', async ({ desk, shot }) => {
  const uid = await control.newUser('小屏')
  await control.follow(uid, appid)
  await desk.page.goto(`${desk.url}?phone=${uid}@${appid}`)
  const phone = desk.phone('小屏')
  await phone.loaded()
  const fits = async (what) => {
    const out = await desk.page.evaluate(() =>
      [...document.querySelectorAll('button, select, input, summary')]
        .filter((one) => one.checkVisibility() && one.getBoundingClientRect().right > window.innerWidth + 0.5)
        .map((one) => one.getAttribute('aria-label') ?? one.textContent),
    )
    assert.deepEqual(out, [], `${what}: these stick out`)
  }
  await fits('the chat')
  await shot('84-narrow-chat')
  await desk.page.getByRole('button', { name: '打开控制' }).click()
  for (const name of ['台面', '客服', '故障', '交换记录']) {
    await desk.page.getByRole('tab', { name }).click()
    await visible(desk.page.getByRole('tabpanel', { name }))
    await fits(name)
    await shot(`85-narrow-${name}`)
  }
}, { viewport: { width: 320, height: 640 } })

journey('at night the page in the web view reaches down to the glass', async ({ desk, shot }) => {
  const uid = await control.newUser('夜读')
  await control.follow(uid, appid)
  await desk.open(`${uid}@${appid}`)
  const phone = desk.phone('夜读')
  const page = await phone.openPageAfter('绑卡', '点这里绑定')
  await visible(page.heading('绑定银行卡'))
  const [web, screen] = [await phone.web.boundingBox(), await phone.root.locator('.screen').boundingBox()]
  assert.ok(Math.abs(web.y + web.height - screen.y - screen.height) < 1, 'no strip of another colour below the page')
  await shot('86-night-page', phone.root)
}, { colorScheme: 'dark' })
