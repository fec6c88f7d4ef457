import { describe, expect, it, vi } from 'vitest'
import { OFFLINE, Problem, type Entry, type Statement, type StatementAsk } from '@weiyin/shared/api'
import { monthBefore, useStatement } from '../src/statement/useStatement'

const NOW = Date.parse('2026-11-23T01:31:00Z')
const FIRST = { id: 'a1', label: '借记卡', tail: '8821' }
const MONTHS = ['2026-11', '2026-10', '2026-09']

function entry(id: string): Entry {
  return { id, at_ms: NOW, label: '电费', amount: { fen: 8600 }, direction: 'out', balance: { fen: 0 }, counterparty: '', summary: '', explain: '' }
}

function page(ids: string[], next: string | null = null, months = MONTHS): Statement {
  return { items: ids.map(entry), totals: { in: { fen: 0 }, out: { fen: 8600 }, count: 3 }, next, as_of: NOW, months, account: FIRST, accounts: [FIRST] }
}

function setUp(...answers: (Statement | Error)[]) {
  const statement = vi.fn<(ask: StatementAsk, signal?: AbortSignal) => Promise<Statement>>()
  for (const answer of answers) {
    if (answer instanceof Error) statement.mockRejectedValueOnce(answer)
    else statement.mockResolvedValueOnce(answer)
  }
  const shown = useStatement({ statement }, () => false)
  return { statement, shown, ids: () => shown.items.value.map((item) => item.id) }
}

const settle = () => new Promise((resolve) => { setTimeout(resolve, 0) })
const lost = () => Problem.local(OFFLINE)

describe('a statement', () => {
  it('leaves month and account to the bank at first, then names them', async () => {
    const { statement, shown } = setUp(page(['a'], 'c1'), page(['b']))
    await shown.load()
    expect(statement.mock.calls[0]?.[0]).toEqual({ account: '', month: '', flow: 'all', q: '' })
    expect(shown.ask.value).toMatchObject({ account: 'a1', month: '2026-11' })
    await shown.more()
    expect(statement.mock.calls[1]?.[0]).toMatchObject({ account: 'a1', month: '2026-11', cursor: 'c1' })
  })

  it('puts the next page below and shows no entry twice', async () => {
    const { statement, shown, ids } = setUp(page(['a', 'b'], 'c1'), page(['b', 'c']))
    await shown.load()
    await Promise.all([shown.more(), shown.more()])
    expect(statement).toHaveBeenCalledTimes(2)
    expect(statement.mock.calls[1]?.[0]).toMatchObject({ cursor: 'c1' })
    expect(ids()).toEqual(['a', 'b', 'c'])
    await shown.more()
    expect(statement).toHaveBeenCalledTimes(2)
  })

  it('keeps what is there and the cursor when the next page fails', async () => {
    const { statement, shown, ids } = setUp(page(['a'], 'c1'), lost(), page(['b']))
    await shown.load()
    await shown.more()
    expect(shown.moreProblem.value?.code).toBe(OFFLINE)
    expect(ids()).toEqual(['a'])
    await shown.more()
    expect(statement.mock.calls[2]?.[0]).toMatchObject({ cursor: 'c1' })
    expect(shown.moreProblem.value).toBeNull()
    expect(ids()).toEqual(['a', 'b'])
  })

  it('says that it is old when a refresh fails', async () => {
    const { shown, ids } = setUp(page(['a']), lost())
    await shown.load()
    await shown.load()
    expect(shown.stale.value).toBe(true)
    expect(ids()).toEqual(['a'])
  })

  it('shows nothing of another month under this month’s name', async () => {
    const { shown, ids } = setUp(page(['a']), lost())
    await shown.load()
    shown.change({ month: '2026-10' })
    await settle()
    expect(ids()).toEqual([])
    expect(shown.fresh.value).toBe(false)
    expect(shown.problem.value?.code).toBe(OFFLINE)
  })

  it('drops an answer to an older question', async () => {
    const { statement, shown, ids } = setUp()
    let answerFirst: (value: Statement) => void = () => undefined
    statement.mockImplementationOnce(() => new Promise((resolve) => { answerFirst = resolve }))
    statement.mockResolvedValueOnce(page(['new']))
    const first = shown.load()
    shown.change({ flow: 'in' })
    await settle()
    answerFirst(page(['old']))
    await first
    expect(ids()).toEqual(['new'])
    expect(statement.mock.calls[0]?.[1]?.aborted).toBe(true)
  })

  it('does not ask again for what it shows', async () => {
    const { statement, shown } = setUp(page(['a']))
    await shown.load()
    shown.change({ flow: 'all' })
    expect(statement).toHaveBeenCalledTimes(1)
  })
})

it('knows the month before', () => {
  expect(monthBefore(MONTHS, '2026-11')).toBe('2026-10')
  expect(monthBefore(MONTHS, '2026-09')).toBeNull()
  expect(monthBefore(MONTHS, '2020-01')).toBeNull()
})
