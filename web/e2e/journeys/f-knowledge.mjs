// The staff's page for a bank's own answers, from the keyboard: one writes, another approves, customers read it, it is taken away.
import assert from 'node:assert/strict'
import { signIn } from '../lib/console.mjs'
import { visible } from '../lib/expect.mjs'
import { account, control, demo, person } from '../lib/demo.mjs'
import { journey } from '../lib/stage.mjs'

const ASK = '过年银行开门吗'

/** Presses Tab until this has the focus. */
async function tabTo(page, target) {
  for (let n = 0; n < 80; n += 1) {
    if (await target.evaluate((one) => one === document.activeElement)) return
    await page.keyboard.press('Tab')
  }
  assert.fail('it cannot be reached with the keyboard')
}

journey('an answer of the bank is written from the keyboard, approved by another, read by a customer, and taken away', async ({ desk: phones, context, shot }) => {
  const { appid } = account('陵溪农商行')
  const { uid } = person('李芳')
  const chen = await signIn(context, 'lingxi.chen')
  await tabTo(chen, chen.getByRole('link', { name: '知识库' }))
  await chen.keyboard.press('Enter')
  await tabTo(chen, chen.getByLabel('找问题'))
  await chen.keyboard.type('过年')
  await chen.keyboard.press('Enter')
  const found = chen.locator('a[href="/knowledge/spring_hours"]')
  await visible(found)
  await shot('140-knowledge-found', chen)
  await tabTo(chen, found)
  await chen.keyboard.press('Enter')
  const words = chen.getByLabel('答复', { exact: true })
  await tabTo(chen, words)
  await chen.keyboard.press('Control+A')
  await chen.keyboard.type('过年收2块钱。')
  await tabTo(chen, chen.getByRole('button', { name: '提交审批' }))
  await chen.keyboard.press('Enter')
  await visible(chen.getByRole('alert').getByText('要放进费率表'))
  assert.equal(await words.inputValue(), '过年收2块钱。', 'nothing that was typed is lost')
  await shot('141-knowledge-refused', chen)
  await words.fill('过年城关支行天天有人值班。')
  await tabTo(chen, chen.getByRole('button', { name: '提交审批' }))
  await chen.keyboard.press('Enter')
  await visible(chen.getByRole('status').getByText('提交好了'))

  const luo = await signIn(context, 'lingxi.luo')
  await luo.goto(`${demo.console}knowledge?only=waiting`)
  await tabTo(luo, luo.locator('a[href="/knowledge/spring_hours"]'))
  await luo.keyboard.press('Enter')
  const pass = luo.getByRole('button', { name: '通过', exact: true })
  await visible(pass)
  await shot('142-knowledge-waits', luo)
  await tabTo(luo, pass)
  await luo.keyboard.press('Enter')
  await visible(luo.getByRole('status').getByText('已通过'))

  await control.follow(uid, appid)
  const phone = await phones.chat(uid, appid, '李芳')
  await phone.say(ASK, '过年城关支行天天有人值班')
  await shot('143-knowledge-read', phone.root)
  await tabTo(luo, luo.getByRole('button', { name: '马上撤下这条答复' }))
  await luo.keyboard.press('Enter')
  await visible(luo.getByRole('status').getByText('撤下了'))
  await phone.say(ASK, '过了有效期')
  await luo.goto(`${demo.console}knowledge?only=waiting`)
  await visible(luo.getByRole('status').getByText('没有待审批的修改'))
  await shot('144-knowledge-empty', luo)
  await chen.goto(`${demo.console}phrases`)
  await visible(chen.getByText('还没有本行说法'))
  await shot('145-phrases-empty', chen)
})
