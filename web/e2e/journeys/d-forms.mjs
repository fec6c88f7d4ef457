// Applications as cases: a form that is left and gone on with on another phone, handed in, and followed to its end.
import assert from 'node:assert/strict'
import { until, visible } from '../lib/expect.mjs'
import { control, villagers } from '../lib/demo.mjs'
import { LARGEST, journey } from '../lib/stage.mjs'

/** Answers the questions on the screen and goes on. */
async function step(page, answers) {
  for (const [label, answer] of Object.entries(answers)) {
    if (answer === true) await page.frame.getByLabel(label).check()
    else await page.frame.getByLabel(label).fill(answer)
  }
  await page.button('下一步').click()
}

/** A bound villager of the age for a loan: who that is changes with their birthdays. */
async function borrower(bank) {
  for (const one of (await villagers(bank)).reverse()) {
    const told = JSON.stringify((await control.say(one.uid, one.appid, '查贷款额度')).items)
    if (told.includes('点这里说一下情况')) return one
  }
  return assert.fail('nobody is of the age for a loan')
}

journey('a form is filled in step by step, left, and gone on with where it was', async ({ desk, shot }) => {
  const { uid, appid, name } = await borrower('云麓农商行')
  const phone = await desk.chat(uid, appid, name)
  await phone.say('查贷款额度', '点这里说一下情况')
  let page = await phone.openPage('点这里说一下情况')
  await visible(page.heading('额度预估'))
  await page.button('下一步').click()
  await page.reads('这一项还没填')
  await shot('120-form-wrong', phone.root)
  await page.frame.getByLabel('在哪个村').fill('柳林村')
  await page.reads('已保存')
  await page.assertFits()
  await shot('121-form-kept', phone.root)
  await page.back()
  await phone.say('查贷款额度', '接着填就行')
  page = await phone.openPage('点这里说一下情况')
  await visible(page.heading('额度预估'))
  assert.equal(await page.frame.getByLabel('在哪个村').inputValue(), '柳林村')
  await step(page, { '种地': true, '想用多少元': '5万', '随时': true })
  await visible(page.heading('看一遍再提交'))
  await page.reads(/柳林村[\s\S]*50,000 元/)
  await shot('122-form-end', phone.root)
  await page.button('提交').click()
  await visible(page.heading('已经提交'))
  await shot('123-form-done', phone.root)
  await page.button('看进度').click()
  await page.reads(/额度预估[\s\S]*已收到[\s\S]*交给银行/)
  await shot('124-cases', phone.root)
  await page.button('催一下').click()
  await page.reads('您催了一次')
  await page.back()
  await phone.say('办到哪了', /额度预估 \d{6}-\d{4}：(已收到|正在办)/)
  await phone.say('查贷款额度', '已经在办')
  // The demo's clerk accepts after half a minute of the demo's clock.
  await control.advance(1)
  await until('the clerk accepts', async () => JSON.stringify((await control.say(uid, appid, '办到哪了')).items).includes('正在办'))
})

journey('an elder on a narrow screen fills in a slip with the largest letters, and takes it back', async ({ desk, context, shot }) => {
  await context.addInitScript(LARGEST)
  const { uid, appid, name } = (await villagers('云麓农商行'))[9]
  const phone = await desk.chat(uid, appid, name)
  await phone.say('提前填表', '点这里先填单子')
  const page = await phone.openPage('点这里先填单子')
  await visible(page.heading('柜台填单'))
  await page.assertFits()
  await shot('125-slip-large', phone.root)
  await step(page, { '汇款': true, '您的姓名': '王秀英', '多少元': '2000', '汇给谁': '李国强' })
  await page.reads('请选一个')
  await page.assertFits()
  await page.frame.getByLabel(/营业部/).check()
  await page.button('下一步').click()
  await visible(page.heading('看一遍再提交'))
  await page.assertFits()
  await shot('126-slip-end', phone.root)
  await page.button('提交').click()
  await visible(page.heading('已经提交'))
  await page.button('看进度').click()
  await page.button('不办了，撤回').click()
  await page.button('真的不办了').click()
  await page.reads('您撤回了。想办随时再来。')
  await page.assertFits()
  await shot('127-slip-back', phone.root)
}, { viewport: { width: 320, height: 640 } })

journey('a form without a network says that nothing was kept, and keeps it later', async ({ desk, context }) => {
  const { uid, appid, name } = (await villagers('禾安农合行'))[4]
  const phone = await desk.chat(uid, appid, name)
  await phone.say('办商户收款码', '点这里填收款码申请')
  const page = await phone.openPage('点这里填收款码申请')
  await visible(page.heading('收款码申请'))
  await context.setOffline(true)
  await page.frame.getByLabel('店名').fill('河东小卖部')
  await page.reads('没保存上')
  await context.setOffline(false)
  await page.frame.getByLabel('店名').fill('河东小卖部二店')
  await page.reads('已保存')
}, { allows: /ERR_INTERNET_DISCONNECTED/ })
