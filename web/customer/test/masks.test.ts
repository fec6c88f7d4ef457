import { describe, expect, it } from 'vitest'
import { bare, grouped, retype, unfinished } from '../src/bind/masks'

describe('what is typed', () => {
  it('is grouped for the eye and bare for the bank', () => {
    expect(grouped('card', '6217001234567890123')).toBe('6217 0012 3456 7890 123')
    expect(grouped('mobile', '13900001234')).toBe('139 0000 1234')
    expect(grouped('id', '37142119550101003X')).toBe('371421 1955 0101 003X')
    expect(bare('card', '6217 0012-3456')).toBe('621700123456')
  })

  it('may be full-width, or pasted with a country code', () => {
    expect(bare('card', '６２１７ ００')).toBe('621700')
    expect(bare('mobile', '+86 139 0000 1234')).toBe('13900001234')
    expect(bare('mobile', '0086139 0000 1234')).toBe('13900001234')
    expect(bare('id', '37142119550101003ｘ')).toBe('37142119550101003X')
  })

  it('takes an X only as the last character of an identity number', () => {
    expect(bare('id', '3714X2')).toBe('37142')
    expect(bare('id', '37142119550101003x')).toBe('37142119550101003X')
    expect(bare('card', '6217X')).toBe('6217')
  })

  it('never grows past its length', () => {
    expect(bare('mobile', '139000012345678')).toHaveLength(11)
    expect(bare('id', '371421195501010031234')).toHaveLength(18)
    expect(bare('card', '1'.repeat(40))).toHaveLength(22)
  })

  it('keeps a name’s dot and drops its spaces', () => {
    expect(bare('name', ' 阿依·古丽 ')).toBe('阿依·古丽')
    expect(grouped('name', '李芳')).toBe('李芳')
  })
})

describe('the caret', () => {
  it('moves over the gap when a group is full', () => {
    expect(retype('card', '62170', 5)).toEqual({ bare: '62170', shown: '6217 0', caret: 6 })
  })

  it('stays behind the same digit when one is put into the middle', () => {
    // 6217 0012 with a 9 typed after the second digit
    expect(retype('card', '62917 0012', 3)).toEqual({ bare: '629170012', shown: '6291 7001 2', caret: 3 })
  })

  it('stays where a digit was removed', () => {
    // 6217 0012 with the 7 removed
    expect(retype('card', '621 0012', 3)).toEqual({ bare: '6210012', shown: '6210 012', caret: 3 })
  })
})

describe('what is plainly unfinished', () => {
  it('is said with how much is there', () => {
    expect(unfinished('card', '')).toBe('请填银行卡号或存折账号')
    expect(unfinished('card', '6217001')).toBe('号码没填完，现在是 7 位')
    expect(unfinished('id', '3714211955')).toBe('身份证号是 18 位，现在是 10 位')
    expect(unfinished('mobile', '139000')).toBe('手机号是 11 位，现在是 6 位')
    expect(unfinished('mobile', '23900001234')).toBe('手机号是 1 开头的 11 位')
    expect(unfinished('name', '李')).toBe('请填姓名')
  })

  it('leaves everything else to the bank', () => {
    expect(unfinished('card', '000000000000')).toBeNull()
    expect(unfinished('id', '000000000000000000')).toBeNull()
    expect(unfinished('mobile', '10000000000')).toBeNull()
  })
})
