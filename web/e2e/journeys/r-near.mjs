// Where a customer stands: a code on a counter is scanned, a place is sent, and the branches near it are the answer.
import assert from 'node:assert/strict'
import { count, reads, until, visible } from '../lib/expect.mjs'
import { account, control } from '../lib/demo.mjs'
import { journey } from '../lib/stage.mjs'

const BANK = '陵溪农商行'
const { appid } = account(BANK)

/** A new follower's chat. */
async function stranger(desk, name) {
  return desk.chat(await control.newUser(name), appid, name)
}

journey('who is bound nowhere scans the code on a counter, follows by it, and is greeted; scanned again, is welcomed back', async ({ desk, shot }) => {
  const uid = await control.newUser('过路人')
  await desk.open(uid)
  const phone = desk.phone('过路人')
  await phone.root.getByRole('button', { name: '扫一扫' }).click()
  await phone.aim(BANK, { printed: '网点台卡' })
  const code = await visible(phone.root.getByRole('img', { name: '带场景值的二维码' }))
  await until('the code is drawn', () => code.evaluate((img) => img.complete && img.naturalWidth > 0))
  await shot('a0-scan', phone.root)
  await phone.root.getByRole('button', { name: '扫这个码' }).click()

  await reads(phone.log, `您好，这里是${BANK}微信银行。绑一次卡`)
  await count(phone.answers, 1)
  const [heard] = await control.exchanges({ appid, uid, kind: 'push' })
  assert.match(heard.request_plain, /subscribe[\s\S]*qrscene_branch_01/, 'the bank was told by which code')
  await shot('a1-greeted', phone.root)
  await phone.answerTo(() => phone.tap('绑定银行卡'), '点这里绑定')

  await phone.more('扫一扫')
  await phone.aim(BANK, { printed: '网点台卡' })
  await phone.root.getByRole('button', { name: '扫这个码' }).click()
  await reads(phone.answers.last(), `您好，欢迎回到${BANK}`)
})

journey('the code of a county\'s counter, scanned for the province\'s own account, is greeted by that county\'s bank', async ({ desk }) => {
  await desk.open(await control.newUser('赶集的人'))
  const phone = desk.phone('赶集的人')
  await phone.root.getByRole('button', { name: '扫一扫' }).click()
  await phone.aim('青禾农信', { scene: 'yunlu_counter' })
  await phone.root.getByRole('button', { name: '扫这个码' }).click()
  await reads(phone.log, '您好，这里是云麓农商行微信银行')
})

journey('asked for 附近网点, the bank wants a place; sent one from the map, it names the nearest branches, then the machines there', async ({ desk, shot }) => {
  const phone = await stranger(desk, '问路的人')
  await phone.say('附近网点', '发个位置给我')
  const answer = await phone.answerTo(() => phone.sendPlace('河东集市'), '离您发的位置最近的网点（直线距离）')
  const places = [...answer.matchAll(/[①②③] (\S+?)，约([\d.]+)(米|公里)，/g)].map(([, name, far, unit]) => [name, far * (unit === '米' ? 1 : 1_000)])
  assert.deepEqual(places.map(([name]) => name), ['陵溪农商行河东支行', '陵溪农商行西岭支行', '陵溪农商行营业部'])
  assert.ok(places[0][1] < 1_000 && places[1][1] <= places[2][1], `the nearest comes first: ${answer}`)
  assert.match(answer, /河东镇兴农街18号，电话 0990-\d+/)
  await shot('a2-branches', phone.root)
  await phone.answerTo(() => phone.tap('取款机'), /离您发的位置最近的自助银行[\s\S]*① 河东自助银行，约\d+米/)

  await phone.mine.getByRole('button', { name: '位置：河东集市' }).click()
  const map = await visible(phone.root.getByRole('dialog', { name: '河东集市' }))
  await shot('a3-map', phone.root)
  await map.click()
})

journey('a place nobody asked for is asked about; five hundred kilometres from home the bank says that none of its own is near', async ({ desk, shot }) => {
  const phone = await stranger(desk, '打工的人')
  await phone.answerTo(() => phone.sendPlace('外省的工地'), '您要找附近的什么？')
  const answer = await phone.answerTo(() => phone.tap('网点查询'), '您那边附近没有我们的，急用钱可以在别家银行的取款机上取。')
  assert.match(answer, /① 陵溪农商行\S+，约5\d\d公里，/)
  await shot('a4-far', phone.root)
})
