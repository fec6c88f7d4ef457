// A new credit card: activated with a code and the digits on its back, its limit lowered with the PIN; and the receipt of one entry.
import { reads, visible } from '../lib/expect.mjs'
import { account, control, person } from '../lib/demo.mjs'
import { journey } from '../lib/stage.mjs'

const PIN = '936274'

journey('a new credit card is activated, its limit lowered, and one entry gets a stamped receipt', async ({ desk, shot }) => {
  const who = person('陈国富')
  const { appid } = account('陵溪农商行')
  await control.follow(who.uid, appid)
  const phone = await desk.chat(who.uid, appid, '陈国富')
  if ((await phone.say('绑卡', /点这里绑定|您绑定了/)).includes('点这里绑定')) {
    const first = await phone.openPage('点这里绑定')
    await first.bind(who, PIN)
    await first.back()
  }
  // between two codes stands a minute
  await control.advance(61)
  const page = await phone.openPageAfter('激活尾号5517的信用卡', '点这里激活')
  await visible(page.heading('验证手机'))
  await page.assertFits()
  await page.typeCode(await page.fetchCode(who))
  await visible(page.heading('卡背面三位数'))
  await page.assertFits()
  await shot('150-card-digits', phone.root)
  await page.pressPin('999')
  await page.button('激活').last().click()
  await page.reads('卡背面的三位数不对')
  await shot('151-card-digits-wrong', phone.root)
  await page.pressPin('517')
  await page.button('激活').last().click()
  await visible(page.heading('办好了'))
  await shot('152-card-active', phone.root)
  await page.back()
  await control.advance(61)
  const limit = await phone.openPageAfter('信用卡5517额度调低到五千', '点这里确认')
  await visible(limit.heading('输微信银行密码').or(limit.heading('调低额度')))
  await shot('153-card-limit', phone.root)
  if (await limit.button('下一步').isVisible()) await limit.next()
  await visible(limit.heading('输微信银行密码'))
  await limit.pressPin(PIN)
  await limit.button('确认调低').last().click()
  await visible(limit.heading('办好了'))
  await limit.reads('5,000.00')
  await shot('154-card-limit-done', phone.root)
  await limit.back()
  await phone.say('信用卡额度', /5,000\.00|五千块/)

  await phone.say('借记卡上个月的进出账', /①.+[+−][\d,]+\.\d\d/)
  const receipt = await phone.openPageAfter('第一笔的回单', '点这里生成')
  await visible(receipt.button('获取电子回单'))
  await receipt.assertFits()
  await shot('155-receipt', phone.root)
  await receipt.button('获取电子回单').click()
  await receipt.typeCode(await receipt.fetchCode(who))
  await reads(receipt.body, /打开 PDF|正在生成/)
  await shot('156-receipt-made', phone.root)
})
