// 点亮蓝灯: points are offered, confirmed and given once; the lamp has a number, and a certificate that can be kept.
import assert from 'node:assert/strict'
import { until, visible } from '../lib/expect.mjs'
import { control, villagers } from '../lib/demo.mjs'
import { journey } from '../lib/stage.mjs'

/** Somebody with points enough for a lamp, whom no other journey speaks as. */
async function giver() {
  for (const one of (await villagers('陵溪农商行')).reverse()) {
    const told = JSON.stringify((await control.say(one.uid, one.appid, '点亮蓝灯')).items)
    if (told.includes('捐500分')) return one
  }
  return assert.fail('nobody has points enough')
}

/** What this customer has: points, and lamps on the list of certificates. */
async function has(phone) {
  const offered = await phone.say('点亮蓝灯', /您有 [\d,]+ 分/)
  const listed = await phone.say('我的公益证书', /您捐过|没有您的捐赠/)
  return {
    points: Number(/您有 ([\d,]+) 分/.exec(offered)[1].replaceAll(',', '')),
    lamps: Number(/您捐过 (\d+) 次/.exec(listed)?.[1] ?? 0),
  }
}

/** One lamp later. */
const lit = ({ points, lamps }) => ({ points: points - 500, lamps: lamps + 1 })

journey('points light a lamp, once, and its certificate is shown', async ({ desk, shot }) => {
  const { uid, appid, name } = await giver()
  const phone = await desk.chat(uid, appid, name)
  await phone.say('点亮蓝灯', /给孩子一节康复课/)
  await shot('200-lamp', phone.root)
  await phone.answerTo(() => phone.tap('捐500分'), /捐了不能退/)
  const thanks = await phone.answerTo(() => phone.tap('确认'), /第 [\d,]+ 盏灯/)
  await shot('201-lit', phone.root)
  const number = /第 ([\d,]+) 盏灯/.exec(thanks)?.[1]
  const told = await phone.say('我的公益证书', /证书/)
  assert.ok(told.includes(`第 ${number} 盏`), told)
  const page = await phone.openPage('看证书，存图片')
  await visible(page.heading('公益证书'))
  await page.assertFits()
  await shot('202-certificate', phone.root)
  await page.back()
})

journey('a core that is dead while a lamp is lit takes no points and says so', async ({ desk }) => {
  const { uid, appid, name } = await giver()
  const phone = await desk.chat(uid, appid, name)
  await desk.weather('核心停')
  await phone.say('捐500积分', /没有动|没有回话/)
  await desk.weather('晴')
  await phone.say('点亮蓝灯', /给孩子一节康复课/)
})

journey('a slow core is waited for, and one lamp is lit', async ({ desk, shot }) => {
  const { uid, appid, name } = await giver()
  const phone = await desk.chat(uid, appid, name)
  const before = await has(phone)
  await desk.weather('核心慢')
  // The offer comes later than WeChat waits for an answer, as a message of its own, with its lines to tap.
  await phone.say('捐500积分', '捐了不能退')
  await shot('203-lamp-slow', phone.root)
  await phone.answerTo(() => phone.tap('确认'), /^✔ 谢谢您，捐出 500 分.*第 [\d,]+ 盏灯/)
  await shot('204-lamp-slow-lit', phone.root)
  await desk.weather('晴')
  assert.deepEqual(await has(phone), lit(before))
})

journey('a tap that WeChat delivers twice lights one lamp, and so does a second tap', async ({ desk, shot }) => {
  const { uid, appid, name } = await giver()
  const phone = await desk.chat(uid, appid, name)
  const before = await has(phone)
  await control.weather({ duplicate_percent: 100 })
  await phone.say('捐500积分', '捐了不能退')
  const thanks = await phone.answerTo(() => phone.tap('确认'), /^✔ 谢谢您，捐出 500 分.*第 [\d,]+ 盏灯/)
  await until('the tap was delivered twice', () => control.isRepeated(uid))
  // The same lamp, and the same points left.
  assert.equal(await phone.answerTo(() => phone.tap('确认'), /./), thanks)
  await shot('205-lamp-twice', phone.root)
  await control.fairWeather()
  assert.deepEqual(await has(phone), lit(before))
})
