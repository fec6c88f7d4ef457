// DP-11: an agreement changed since the customer bound. The demo has, for each bank, one customer who bound before it did.
import assert from 'node:assert/strict'
import { count, gone, reads, visible } from '../lib/expect.mjs'
import { account, control } from '../lib/demo.mjs'
import { journey } from '../lib/stage.mjs'

/** The customer of a bank who bound under older texts: `{uid, appid, name}`. */
async function early(bank) {
  const { appid } = account(bank)
  for (const user of (await control.state()).users.filter((one) => one.name.startsWith('老客户'))) {
    if ((await control.chat(user.id, appid)).followed) return { uid: user.id, appid, name: user.name }
  }
  return assert.fail(`nobody bound at ${bank} under older texts`)
}

journey('a text that changed is read and agreed to before the next service, which then goes on by itself', async ({ desk, shot }) => {
  const { uid, appid, name } = await early('陵溪农商行')
  const phone = await desk.chat(uid, appid, name)
  const told = await phone.say('查余额', '协议有更新，看过同意了才能接着查')
  assert.ok(!/可用/.test(told), `no balance before that: ${told}`)
  const page = await phone.openPage('点这里看协议')
  await visible(page.heading('协议有更新'))
  await count(page.frame.getByRole('checkbox'), 1)
  await page.assertFits()
  await shot('110-agree', phone.root)
  await page.button('同意').last().click()
  await page.reads('请先看协议，再逐个勾选')
  await page.button('查看《微信银行服务协议》全文').click()
  const sheet = page.frame.getByRole('dialog', { name: '微信银行服务协议' })
  await reads(sheet, /一、本服务由您的开户行提供[\s\S]*版本/)
  await shot('111-agree-text', phone.root)
  await sheet.getByRole('button', { name: '同意' }).click()
  await gone(sheet)
  assert.equal(await page.frame.getByRole('checkbox').getAttribute('aria-checked'), 'true')
  await page.button('同意').last().click()
  await visible(page.heading('已同意'))
  await shot('112-agreed', phone.root)
  await page.back()
  await reads(phone.answers.last(), /好了。接着给您查余额[\s\S]*可用/)
  // Agreed once, asked no more: who has several accounts is asked which of them, and that is all.
  await phone.say('查余额', /可用|查哪个/)
})

journey('a page that is opened from the menu asks for the changed text too, and comes back', async ({ desk }) => {
  const { uid, appid, name } = await early('云麓农商行')
  const phone = await desk.chat(uid, appid, name)
  await phone.menu('查账户', '我的账户')
  const page = await phone.page()
  await visible(page.heading('协议有更新'))
  await page.tick()
  await page.button('同意').last().click()
  await visible(page.heading('我的账户'))
  await page.reads(/尾号|可用/)
})

journey('whoever does not agree to a changed text keeps the way out', async ({ desk, shot }) => {
  const { uid, appid, name } = await early('青禾农信')
  const phone = await desk.chat(uid, appid, name)
  await phone.say('查余额', '协议有更新')
  await phone.say('解绑', '确定解除吗')
  await phone.say('确定', '已解除绑定')
  await shot('113-left', phone.root)
  await phone.say('查余额', '还没有绑定')
}, { viewport: { width: 320, height: 640 } })
