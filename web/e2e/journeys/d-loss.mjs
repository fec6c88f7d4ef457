// Journey 7: a card is lost. Stopped in chat without a password, undone on a page with a code and the PIN; and the freeze of the
// channel. 村民 are bound from the start of the demo; whoever undoes something binds first, so that a PIN is known.
import assert from 'node:assert/strict'
import { reads, visible } from '../lib/expect.mjs'
import { account, control, person } from '../lib/demo.mjs'
import { journey } from '../lib/stage.mjs'

const PIN = '936274'

/** The nth villager who follows this bank and is bound from the start. */
async function villager(bank, nth) {
  const { appid } = account(bank)
  let seen = 0
  for (const user of (await control.state()).users.filter((one) => one.name.startsWith('村民'))) {
    if (!(await control.chat(user.id, appid)).followed) continue
    if (seen === nth) return { uid: user.id, appid, name: user.name }
    seen += 1
  }
  return assert.fail(`no villager ${nth} at ${bank}`)
}

journey('a lost card is stopped in chat at once, and unmistakable words need no second question', async ({ desk, shot }) => {
  const { uid, appid, name } = await villager('云麓农商行', 0)
  const phone = await desk.chat(uid, appid, name)
  await phone.type('我要留言')
  const told = await phone.say('我的卡丢了快点帮我停掉', /停住了|要挂失哪一个/)
  const stopped = told.includes('停住了') ? told : await phone.say('全部挂失', '停住了')
  assert.match(stopped, /挂失，编号 LS\d{6}/)
  assert.match(stopped, /口头挂失管到\d+月\d+日/)
  await shot('120-lost', phone.root)
  await phone.say('核对最近的账', /都是您办的吗|没有进出账/)
  await shot('121-mine', phone.root)
})

journey('a lock is undone with a code and the PIN, and elders find it as large as all else', async ({ desk, shot }) => {
  const who = person('赵桂英')
  const { appid } = account('陵溪农商行')
  const phone = await desk.chat(who.uid, appid, '赵桂英')
  // Another journey may have bound her before.
  if ((await phone.say('绑卡', /点这里绑定|您绑定了/)).includes('点这里绑定')) {
    const first = await phone.openPage('点这里绑定')
    await first.bind(who)
    await first.back()
  }
  await control.advance(15)
  const asked = await phone.say('一键锁卡', '锁哪一个')
  assert.match(asked, /全部锁住/)
  await phone.answerTo(() => phone.tap('存折0037'), '锁住了')
  await shot('122-locked', phone.root)
  const page = await phone.openPageAfter('解锁银行卡', '去解锁')
  await visible(page.heading('验证手机'))
  await page.assertFits()
  await shot('123-undo-code', phone.root)
  await page.typeCode(await page.fetchCode(who))
  await visible(page.heading('输微信银行密码'))
  await page.assertFits()
  await shot('124-undo-pin', phone.root)
  await page.pressPin(PIN)
  await page.button('解锁').last().click()
  await visible(page.heading('办好了'))
  await page.reads('存折0037恢复正常了')
  await shot('125-undone', phone.root)
  await page.back()
})

journey('a frozen channel shows nothing, and still takes a loss', async ({ desk, shot }) => {
  const { uid, appid, name } = await villager('云麓农商行', 1)
  const phone = await desk.chat(uid, appid, name)
  await phone.say('停用微信银行', '现在停用吗')
  await phone.say('马上停用', '停用了')
  const told = await phone.say('查余额', '您已经停用微信银行')
  assert.doesNotMatch(told, /可用|\d\.\d\d/)
  await shot('126-frozen', phone.root)
  await phone.say('卡丢了', /停住了|要挂失哪一个/)
  await reads(phone.answers.last(), /停住了|要挂失哪一个/)
})
