// A transfer: whose card it goes to is typed on the page, twice; who was told to pay is stopped; a payee who is known is paid with the PIN.
import assert from 'node:assert/strict'
import { visible } from '../lib/expect.mjs'
import { person } from '../lib/demo.mjs'
import { agree, his, payer } from '../lib/paying.mjs'
import { journey } from '../lib/stage.mjs'

journey('a new payee is typed on the page, and nothing is paid when somebody told one to', async ({ desk, shot }) => {
  const { phone } = await his(desk)
  const li = person('李芳')
  const page = await phone.openPageAfter('给李芳转一百', '填收款人的卡号')
  await visible(page.heading('转 100.00 元给谁'))
  await page.assertFits()
  assert.equal(await page.frame.getByLabel('收款人姓名').inputValue(), '李芳')
  await page.frame.getByLabel('收款卡号或账号').fill(li.card_no)
  await page.frame.getByLabel('卡号再填一遍').fill(`${li.card_no.slice(0, -1)}${(Number(li.card_no.slice(-1)) + 1) % 10}`)
  await page.next()
  await page.reads('两次填的不一样')
  await shot('170-payee', phone.root)
  await page.frame.getByLabel('卡号再填一遍').fill(li.card_no)
  await page.next()
  await visible(page.heading('看清楚再点'))
  await page.reads('第一次转给这个人')
  await page.assertFits()
  await shot('171-recap-new', phone.root)
  await page.button('有人让我转').click()
  await visible(page.heading('先别转'))
  await shot('172-stop', phone.root)
  await page.button('不转了').click()
  await visible(page.heading('没有扣钱'))
  await page.assertFits()
  await page.back()
})

journey('a payee who is known is paid with the PIN, once, and the page opened again shows the result', async ({ desk, shot }) => {
  // A binding of today, and a payee of today, are looked at more closely.
  const { who, phone } = await payer(desk)
  const page = await phone.openPageAfter('给李芳转五百', '核对并输密码')
  await visible(page.heading('看清楚再点'))
  await page.reads(/500\.00\s元\s+伍佰元整/)
  await page.assertFits()
  await shot('173-recap', phone.root)
  await agree(page, who)
  await shot('174-pin-ready', phone.root)
  await page.button('确认转 500.00 元').click()
  await visible(page.heading('已转出'))
  await page.reads('受理号')
  await page.assertFits()
  await shot('175-paid', phone.root)
  await page.back()
  await phone.tap('核对并输密码')
  const again = await phone.page()
  await visible(again.heading('已转出'))
  await again.back()
})
