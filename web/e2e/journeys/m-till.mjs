// Paying and being paid without an account's number, and cash without a card: a receiving code, a mobile number, a machine.
import assert from 'node:assert/strict'
import { visible } from '../lib/expect.mjs'
import { control, person } from '../lib/demo.mjs'
import { agree, his, payer } from '../lib/paying.mjs'
import { journey } from '../lib/stage.mjs'

const WORD = '502816'

journey('a receiving code is shown at once, made anew with a sum, and stopped', async ({ desk, shot }) => {
  const { phone } = await his(desk)
  const page = await phone.openPageAfter('我的收款码', '打开我的收款码')
  await visible(page.heading('我的收款码'))
  await visible(page.frame.getByRole('img', { name: /收款码：\*国富/ }))
  await page.assertFits()
  await shot('200-collect', phone.root)
  await page.frame.getByLabel('金额（元，可不填）').fill('128')
  await page.frame.getByLabel('留句话（可不填）').fill('土鸡两只')
  await page.button('照这样换一个码').click()
  await visible(page.frame.getByRole('img', { name: /收 128\.00 元，土鸡两只/ }))
  await page.assertFits()
  await shot('201-collect-sum', phone.root)
  await page.button('全部停用').click()
  await page.reads('都停用了')
  await page.assertFits()
  await page.back()
})

journey('cash is booked with a word of one’s own, and a machine gives it out for the code on the page, once', async ({ desk, shot }) => {
  const { who, phone } = await payer(desk)
  const page = await phone.openPageAfter('无卡取款三百', '设取款口令')
  await visible(page.heading('无卡取 300.00 元'))
  await page.assertFits()
  await shot('202-word', phone.root)
  await page.frame.getByLabel('取款口令（6 位数字）').fill(WORD)
  await page.frame.getByLabel('再填一遍').fill(WORD)
  await page.next()
  await agree(page, who)
  await page.button('确认约 300.00 元').click()
  await visible(page.heading('已约好，钱留出来了'))
  await page.assertFits()
  await shot('203-code', phone.root)
  const code = (await page.frame.locator('.outcome-code').innerText()).replace(/\D/g, '')
  assert.match(code, /^\d{8}$/)
  const { tenant, mobile } = person('陈国富')
  const types = (word) => control.machine({ institution: tenant, mobile, code, word, amount_fen: 30_000 })
  assert.equal((await types('000000')).said, 'wrong')
  assert.equal((await types(WORD)).said, 'cash')
  assert.equal((await types(WORD)).said, 'wrong')
  await page.back()
})
