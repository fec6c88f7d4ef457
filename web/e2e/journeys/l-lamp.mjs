// 点亮蓝灯: points are offered, confirmed and given once; the lamp has a number, and a certificate that can be kept.
import assert from 'node:assert/strict'
import { visible } from '../lib/expect.mjs'
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

journey('points light a lamp, once, and its certificate is shown', async ({ desk, shot }) => {
  const { uid, appid, name } = await giver()
  const phone = await desk.chat(uid, appid, name)
  await phone.say('点亮蓝灯', /给孩子一节康复课/)
  await shot('200-lamp', phone.root)
  await phone.answerTo(() => phone.tap('捐500分'), /捐了不能退/)
  const lit = await phone.answerTo(() => phone.tap('确认'), /第 [\d,]+ 盏灯/)
  await shot('201-lit', phone.root)
  const number = /第 ([\d,]+) 盏灯/.exec(lit)?.[1]
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
