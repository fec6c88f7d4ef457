// The network between WeChat and the bank, at its worst.
import assert from 'node:assert/strict'
import { count, until } from '../lib/expect.mjs'
import { account, control, person } from '../lib/demo.mjs'
import { journey } from '../lib/stage.mjs'

const li = person('李芳')
const { appid } = account('陵溪农商行')

journey('messages that WeChat delivers twice are answered once', async ({ desk }) => {
  await control.weather({ duplicate_percent: 100 })
  await desk.open(`${li.uid}@${appid}`)
  const phone = desk.phone('李芳')
  await phone.loaded()
  const before = await phone.answers.count()
  for (const words of ['查余额', '谢谢', '查余额']) await phone.say(words, words === '查余额' ? '1,280.50' : /./)
  await until('every message was delivered twice', async () => {
    const pushes = await control.exchanges({ appid, uid: li.uid, limit: '40' })
    return pushes.filter((one) => one.kind === 'push').length >= 6
  })
  await count(phone.answers, before + 3)
})

journey('on a slow network the answer still comes, and only once', async ({ desk, shot }) => {
  await desk.open(`${li.uid}@${appid}`)
  await desk.weather('慢')
  const phone = desk.phone('李芳')
  await phone.loaded()
  const before = await phone.answers.count()
  await phone.say('查余额', '1,280.50')
  await shot('50-slow', desk.page)
  await count(phone.answers, before + 1)
  await desk.weather('晴')
})

journey('when WeChat gets no answer the customer sees that it failed, and the next message works again', async ({ desk, shot }) => {
  await control.weather({ drop_percent: 100 })
  await desk.open(`${li.uid}@${appid}`)
  const phone = desk.phone('李芳')
  await phone.type('在吗')
  await until('the notice of WeChat', async () => (await phone.log.innerText()).includes('暂时无法提供服务'), { within: 30_000 })
  await shot('51-failed', phone.root)
  await control.fairWeather()
  await phone.say('查余额', '1,280.50')
  assert.ok(await phone.mine.last().isVisible())
})
