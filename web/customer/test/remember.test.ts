import { beforeEach, describe, expect, it, vi } from 'vitest'
import { mobileMemory } from '../src/bind/remember'

beforeEach(() => {
  localStorage.clear()
  sessionStorage.clear()
})

describe('the typed phone number', () => {
  it('is there on a new link of the same person', () => {
    mobileMemory('slug1', 'w1').write('13900001234')
    expect(mobileMemory('slug2', 'w1').read()).toBe('13900001234')
  })

  it('is not shown to another person in the same browser', () => {
    mobileMemory('slug1', 'w1').write('13900001234')
    expect(mobileMemory('slug2', 'w2').read()).toBe('')
    expect(mobileMemory('slug2', undefined).read()).toBe('')
  })

  it('without a name for the person, lasts for this session’s page only', () => {
    mobileMemory('slug1', undefined).write('13900001234')
    expect(mobileMemory('slug1', undefined).read()).toBe('13900001234')
    expect(mobileMemory('slug2', undefined).read()).toBe('')
    expect(localStorage.length).toBe(0)
  })

  it('is forgotten after a day, and at once when binding is done', () => {
    let now = 0
    const memory = mobileMemory('s', 'w', () => now)
    memory.write('13900001234')
    now = 86_400_000
    expect(memory.read()).toBe('')
    now = 1
    expect(memory.read()).toBe('13900001234')
    memory.forget()
    expect(memory.read()).toBe('')
  })

  it('ignores what is no phone number', () => {
    localStorage.setItem('weiyin:mobile:w', '<script>@1')
    expect(mobileMemory('s', 'w', () => 2).read()).toBe('')
  })

  it('does without where storage is refused', () => {
    const refuse = vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => { throw new Error('denied') })
    expect(() => { mobileMemory('s', 'w').write('13900001234') }).not.toThrow()
    refuse.mockRestore()
  })
})
