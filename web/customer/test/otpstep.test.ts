import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import OtpStep from '../src/bind/OtpStep.vue'
import { START, type BindView, type OtpView } from '../src/bind/machine'

vi.mock('vue-router', async (original) => ({ ...(await original<object>()), useRouter: () => ({ replace: vi.fn() }) }))

const NOW = Date.UTC(2026, 10, 23, 2)
const SENT: OtpView = { ...START.otp, sent: true, resendAtMs: NOW + 60_000, voiceAtMs: NOW + 60_000, expiresAtMs: NOW + 180_000 }
let shown: VueWrapper | null = null

function open(otp: OtpView = SENT) {
  const view: BindView = { ...START, step: 'otp', mobileMasked: '194****6688', otp }
  const page = mount(OtpStep, { props: { view, busy: null, session: null, steps: null }, attachTo: document.body })
  shown = page
  return page
}

const link = (page: VueWrapper) => page.findAll('button').find((one) => one.text() === '收不到？')
const called = (page: VueWrapper) => page.findAll('button').find((one) => one.text() === '打电话念给我听')
/** The sheet on the screen; it stands outside its component. */
const sheet = () => [...document.body.querySelectorAll<HTMLElement>('[role="dialog"]')].find((one) => one.style.display !== 'none')
const said = () => [...(sheet()?.querySelectorAll('li') ?? [])].map((line) => line.textContent)

/** Opens the sheet, which is loaded only now. */
async function ask(page: VueWrapper): Promise<void> {
  const button = link(page)
  if (!button) throw new Error(`nothing to ask for help in ${page.text()}`)
  button.element.focus()
  await button.trigger('click')
  await vi.dynamicImportSettled()
  await flushPromises()
}

async function tap(name: string): Promise<void> {
  const button = [...(sheet()?.querySelectorAll('button') ?? [])].find((one) => (one.getAttribute('aria-label') ?? one.textContent) === name)
  if (!button) throw new Error(`no button ${name} in ${sheet()?.textContent ?? 'nothing'}`)
  button.click()
  await flushPromises()
}

beforeEach(() => { vi.useFakeTimers({ now: NOW }) })
afterEach(() => {
  shown?.unmount()
  vi.useRealTimers()
})

describe('a code that does not come', () => {
  it('has four things to do, a number that is gone among them', async () => {
    const page = open()
    await ask(page)
    expect(sheet()?.querySelector('h2')?.textContent).toBe('收不到验证码')
    expect(said()).toEqual([
      '看看手机有没有停机、有没有信号。',
      '短信可能被拦截，到「骚扰拦截」里找找。',
      '等倒计时走完，点「打电话念给我听」，接电话听数字。',
      '号码不用了，带身份证和卡到网点改手机号。',
    ])
  })

  it('on a day without more codes names tomorrow and the branch, not a call that nobody makes', async () => {
    const page = open({ ...SENT, exhausted: true })
    await ask(page)
    expect(said()[2]).toBe('今天的验证码发完了，明天再来，或带身份证到网点办。')
    await vi.advanceTimersByTimeAsync(61_000)
    expect(called(page)).toBeUndefined()
  })

  it('is helped by the very button the sheet names, once its wait is over', async () => {
    const page = open()
    expect(called(page)).toBeUndefined()
    expect(page.text()).toContain('后还没收到，可以打电话念给您')
    await vi.advanceTimersByTimeAsync(61_000)
    await called(page)?.trigger('click')
    expect(page.emitted('send')).toEqual([['voice']])
  })

  it('is asked about without sending anything or losing a digit that was typed', async () => {
    const page = open()
    await page.find('input').setValue('274')
    await ask(page)
    await tap('知道了')
    expect(sheet()).toBeUndefined()
    expect(page.find('input').element.value).toBe('274')
    expect(page.emitted()).not.toHaveProperty('send')
    expect(page.emitted()).not.toHaveProperty('check')
  })

  it.each(['知道了', '关闭'])('can be asked about again after %s, and the focus goes back to where it was', async (close) => {
    const page = open()
    await ask(page)
    expect(document.activeElement).toBe(sheet()?.querySelector('h2'))
    await tap(close)
    expect(document.activeElement).toBe(link(page)?.element)
    await ask(page)
    expect(said()).toHaveLength(4)
  })

  it('is not spoken of before one was sent', () => {
    expect(link(open(START.otp))).toBeUndefined()
  })
})
