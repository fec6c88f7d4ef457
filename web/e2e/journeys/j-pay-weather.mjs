// Payments in bad weather: a slow core, a dead one, one that does it and does not answer, and messages delivered twice.
import assert from 'node:assert/strict'
import { reads, visible } from '../lib/expect.mjs'
import { control } from '../lib/demo.mjs'
import { agree, payer } from '../lib/paying.mjs'
import { journey } from '../lib/stage.mjs'

journey('a core that does it and does not answer: 正在确认, not 失败, and the result comes by itself', async ({ desk, shot }) => {
  const { who, phone } = await payer(desk)
  const page = await phone.openPageAfter('给李芳转三百', '核对并输密码')
  // Leaving the page would wipe the PIN: the weather turns before.
  await desk.weather('核心不回话')
  await agree(page, who)
  await page.button('确认转 300.00 元').click()
  await visible(page.heading('正在确认'))
  await page.assertFits()
  await shot('180-confirming', phone.root)
  const said = await page.frame.locator('body').innerText()
  assert.ok(!said.includes('失败'), `what is not known is not called failed: ${said}`)
  await desk.weather('晴')
  await visible(page.heading('已转出'))
  await shot('181-known', phone.root)
  await page.back()
  await reads(phone.answers.last(), /已转给|已转出/)
})

journey('a dead core takes nothing and says so, and the same sentence works when it is back', async ({ desk, shot }) => {
  const { who, phone } = await payer(desk)
  await desk.weather('核心停')
  await phone.say('给李芳转四百', /没有扣钱.*没有回话/s)
  await shot('182-dead', phone.root)
  await desk.weather('晴')
  const page = await phone.openPageAfter('给李芳转四百', '核对并输密码')
  await agree(page, who)
  await page.button('确认转 400.00 元').click()
  await visible(page.heading('已转出'))
  await page.back()
})

journey('a slow core is waited for, and paid once', async ({ desk }) => {
  const { who, phone } = await payer(desk)
  await desk.weather('核心慢')
  const page = await phone.openPageAfter('给李芳转两百', '核对并输密码')
  await agree(page, who)
  await page.button('确认转 200.00 元').click()
  await visible(page.heading(/已转出|正在确认/))
  await desk.weather('晴')
  await visible(page.heading('已转出'))
  await page.back()
})

journey('a sentence that WeChat delivers twice makes one payment', async ({ desk }) => {
  const { who, phone } = await payer(desk)
  await control.weather({ duplicate_percent: 100 })
  const page = await phone.openPageAfter('给李芳转六百', '核对并输密码')
  await agree(page, who)
  await page.button('确认转 600.00 元').dblclick()
  await visible(page.heading('已转出'))
  await page.back()
  await control.fairWeather()
  const told = await phone.say('转账进度', /600\.00/)
  assert.equal(told.split('600.00').length, 2, told)
})
