import { describe, expect, it, vi } from 'vitest'
import { OFFLINE, Problem, type Bind, type Checked, type Moved, type OtpRight } from '@weiyin/shared/api'
import { useBind } from '../src/bind/useBind'

const FORM = { card_no: '6217001234567890123', name: '李芳', id_no: '37142119550101003X', mobile: '13900001234' }

function at(step: Bind['step']): Bind {
  return { step, mobile_masked: step === 'card' ? null : '139****1234', aim: 'bind', face_begun: false, photo: false, left: 3, agreements: [], otp: step === 'otp' ? { sent: false, way: 'text', resend_after_s: 0, voice_after_s: 0, expires_in_s: 0 } : null, accounts: null, resumed: false, stopped: null }
}

function setUp() {
  const api = {
    bind: vi.fn(() => Promise.resolve(at('card'))),
    check: vi.fn(() => Promise.resolve<Checked | Moved>({ step: 'otp', mobile_masked: '139****1234', aim: 'bind' })),
    sendOtp: vi.fn(() => Promise.resolve({ way: 'text' as const, resend_after_s: 60, voice_after_s: 60, expires_in_s: 180 })),
    checkOtp: vi.fn(() => Promise.resolve<OtpRight>({ step: 'pin' })),
    beginFace: vi.fn(() => Promise.resolve({ url: 'https://face.example/1' })),
    faceResult: vi.fn(() => Promise.resolve({ step: 'pin' as const })),
    setPin: vi.fn(() => Promise.resolve({ step: 'done' as const, accounts: [], resumed: false })),
  }
  const leave = vi.fn((problem: Problem) => problem.status === 401)
  const went: string[] = []
  return { api, leave, went, binding: useBind(api, leave, () => 1_000, (url) => { went.push(url) }) }
}

describe('moving a binding here', () => {
  it('goes on with the face after the code, with the consent the bank then asks for', async () => {
    const { api, binding } = setUp()
    await binding.load()
    api.checkOtp.mockResolvedValueOnce({ step: 'face' })
    api.bind.mockResolvedValueOnce({ ...at('face'), aim: 'swap', agreements: [{ id: 'face', at: 'face', version: '1', title: '同意书', text: '一' }] })
    await binding.checkOtp('123456')
    expect(binding.view.value).toMatchObject({ step: 'face', aim: 'swap', agreements: [{ id: 'face' }] })
  })

  it('sends the browser where the face is checked, once', async () => {
    const { api, went, binding } = setUp()
    const consents = [{ id: 'face', version: '1' }]
    await Promise.all([binding.beginFace(consents), binding.beginFace(consents)])
    expect(went).toEqual(['https://face.example/1'])
    expect(api.beginFace).toHaveBeenCalledWith({ consents })
  })

  it('goes on with the PIN when the bank has heard that it passed', async () => {
    const { api, binding } = setUp()
    api.bind.mockResolvedValueOnce({ ...at('face'), aim: 'swap', face_begun: true })
    await binding.load()
    await binding.faceResult()
    expect(binding.view.value).toMatchObject({ step: 'pin', faceBegun: false })
  })
})

describe('a WeChat that is not the customer\'s', () => {
  it('ends with what the bank promises, and the form is a tap away and stays when the page is looked at again', async () => {
    const { api, binding } = setUp()
    await binding.load()
    api.checkOtp.mockResolvedValueOnce({ step: 'stopped' })
    api.bind.mockResolvedValue({ ...at('stopped'), stopped: '编号 261128-0003，风险专员12月1日前给您答复。' })
    await binding.checkOtp('123456')
    expect(binding.view.value).toMatchObject({ step: 'stopped', stopped: '编号 261128-0003，风险专员12月1日前给您答复。' })
    binding.amend()
    await binding.load()
    expect(binding.view.value.amending).toBe(true)
    await binding.check(FORM)
    expect(binding.view.value).toMatchObject({ step: 'otp', amending: false })
  })

  it('that holds nothing any more leads to the form', async () => {
    const { api, binding } = setUp()
    await binding.load()
    await binding.check({ ...FORM, aim: 'disown' })
    api.checkOtp.mockResolvedValueOnce({ step: 'card' })
    await binding.checkOtp('123456')
    expect(binding.view.value).toMatchObject({ step: 'card', aim: 'bind' })
  })
})

describe('binding', () => {
  it('sends a form once however often the button is tapped', async () => {
    const { api, binding } = setUp()
    await binding.load()
    await Promise.all([binding.check(FORM), binding.check(FORM), binding.check(FORM)])
    expect(api.check).toHaveBeenCalledTimes(1)
    expect(binding.view.value.step).toBe('otp')
    expect(binding.busy.value).toBeNull()
  })

  it('does not start another step while one runs', async () => {
    const { api, binding } = setUp()
    await binding.load()
    await Promise.all([binding.check(FORM), binding.sendOtp('text'), binding.load()])
    expect(api.sendOtp).not.toHaveBeenCalled()
    expect(api.bind).toHaveBeenCalledTimes(1)
  })

  it('goes on when the bank took the step but its answer was lost', async () => {
    const { api, binding } = setUp()
    await binding.load()
    api.check.mockRejectedValueOnce(Problem.local(OFFLINE))
    api.bind.mockResolvedValueOnce(at('otp'))
    await binding.check(FORM)
    expect(binding.view.value.step).toBe('otp')
    expect(binding.view.value.notice).toBeNull()
    expect(api.check).toHaveBeenCalledTimes(1)
  })

  it('says so when the bank is where it was', async () => {
    const { api, binding } = setUp()
    await binding.load()
    api.check.mockRejectedValueOnce(Problem.local(OFFLINE))
    await binding.check(FORM)
    expect(binding.view.value).toMatchObject({ step: 'card', notice: { tone: 'wait' } })
  })

  it('follows another window that is further on', async () => {
    const { api, binding } = setUp()
    api.bind.mockResolvedValueOnce(at('otp'))
    await binding.load()
    api.checkOtp.mockRejectedValueOnce(new Problem(409, { code: 'bind.step', words: '这一步办过了' }))
    api.bind.mockResolvedValueOnce(at('pin'))
    await binding.checkOtp('123456')
    expect(binding.view.value.step).toBe('pin')
  })

  it('leaves for the problem page when the session is gone, and shows nothing of its own', async () => {
    const { api, leave, binding } = setUp()
    await binding.load()
    api.check.mockRejectedValueOnce(new Problem(401, { code: 'session.none', words: '页面已失效' }))
    await binding.check(FORM)
    expect(leave).toHaveBeenCalledOnce()
    expect(binding.view.value.notice).toBeNull()
  })

  it('tells a first load that failed apart from a later one', async () => {
    const { api, binding } = setUp()
    api.bind.mockRejectedValueOnce(Problem.local(OFFLINE))
    await binding.load()
    expect(binding.broken.value?.code).toBe(OFFLINE)
    await binding.load()
    expect(binding.broken.value).toBeNull()
    api.bind.mockRejectedValueOnce(Problem.local(OFFLINE))
    await binding.load()
    expect(binding.broken.value).toBeNull()
    expect(binding.view.value.step).toBe('card')
  })
})
