// Does every word go to the right stream, in the right format?
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { PaygressError } from '../../src/core/errors.ts'
import { type Answer, tableAnswer } from '../../src/terminal/answer.ts'
import { openFake } from './fake-streams.ts'

interface Row {
  id: string
  sat: number
}
const COLUMNS = [
  { key: 'id', title: 'ID', text: (row: Row) => row.id },
  { key: 'sat', title: 'SAT', text: (row: Row) => String(row.sat) },
]
const ROWS = [
  { id: 'a', sat: 1 },
  { id: 'b', sat: 2 },
]

function answer(rows: readonly Row[] = ROWS): Answer {
  return {
    document: { rows: rows.map(({ id, sat }) => ({ id, amount_sat: sat })), none: undefined },
    names: rows.map(({ id }) => id),
    human: tableAnswer(COLUMNS, rows, 'there is nothing; paygress buy gets something'),
  }
}

describe('an answer', () => {
  test('is a table on stdout, with nothing on stderr', async () => {
    const { terminal, out, err } = await openFake()
    await terminal.answer(answer())
    expect(out()).toBe('ID  SAT\na   1\nb   2\n')
    expect(err()).toBe('')
  })

  test('is without header and with chosen columns where that was asked for', async () => {
    const { terminal, out } = await openFake({ headers: false, columns: ['sat'] })
    await terminal.answer(answer())
    expect(out()).toBe('1\n2\n')
  })

  test('is refused with the known columns where a column is unknown', async () => {
    const { terminal, out } = await openFake({ columns: ['id', 'colour'] })
    await expect(terminal.answer(answer())).rejects.toMatchObject({
      code: 'usage',
      message: 'there is no column "colour"',
      hint: 'choose from --columns id,sat',
    })
    expect(out()).toBe('')
  })

  test('refuses an unknown column even where there are no rows', async () => {
    const { terminal } = await openFake({ columns: ['colour'] })
    await expect(terminal.answer(answer([]))).rejects.toMatchObject({ code: 'usage' })
  })

  test('without rows says so on stderr and leaves stdout empty', async () => {
    const { terminal, out, err } = await openFake()
    await terminal.answer(answer([]))
    expect([out(), err()]).toEqual(['', 'there is nothing; paygress buy gets something\n'])
  })

  test('under json is one document on one line', async () => {
    const { terminal, out } = await openFake({ output: 'json' })
    await terminal.answer(answer())
    expect(out()).toBe('{"rows":[{"id":"a","amount_sat":1},{"id":"b","amount_sat":2}]}\n')
  })

  test('under yaml says the same as under json', async () => {
    const { terminal, out } = await openFake({ output: 'yaml' })
    await terminal.answer(answer())
    expect(parse(out())).toEqual({
      rows: [
        { id: 'a', amount_sat: 1 },
        { id: 'b', amount_sat: 2 },
      ],
    })
  })

  test('under yaml writes out what is there twice, without anchors', async () => {
    const { terminal, out } = await openFake({ output: 'yaml' })
    const mints = ['https://mint.example.com']
    await terminal.answer({ ...answer(), document: { rows: [{ mints }, { mints }] } })
    expect(out()).not.toMatch(/[&*]/)
    expect(parse(out())).toEqual({ rows: [{ mints }, { mints }] })
  })

  test.each([{ output: 'name' as const }, { quiet: true }])(
    'under %o is the names alone',
    async (options) => {
      const { terminal, out, err } = await openFake(options)
      await terminal.answer(answer())
      expect([out(), err()]).toEqual(['a\nb\n', ''])
    },
  )

  test('in lines cannot bring control codes with it', async () => {
    const { terminal, out } = await openFake()
    await terminal.answer({
      document: {},
      names: [],
      human: { kind: 'lines', lines: ['name  \u001b]0;owned\u0007x'] },
    })
    expect(out()).toBe('name   ]0;owned x\n')
  })
})

describe('a stream of answers', () => {
  test('is one JSON document per line', async () => {
    const { terminal, out } = await openFake({ output: 'json' })
    await terminal.stream(answer([{ id: 'a', sat: 1 }]))
    await terminal.stream(answer([{ id: 'b', sat: 2 }]))
    const lines = out().trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line).rows[0].id)).toEqual(['a', 'b'])
  })

  test('of tables has its header only once', async () => {
    const { terminal, out } = await openFake()
    await terminal.stream(answer([{ id: 'a', sat: 1 }]))
    terminal.hideHeaders()
    await terminal.stream(answer([{ id: 'b', sat: 2 }]))
    expect(out()).toBe('ID  SAT\na   1\nb   2\n')
  })
})

describe('an error', () => {
  const error = new PaygressError('insufficient_funds', 'the wallet has 5 sat,\nand 9 are needed', {
    hint: 'paygress wallet fund 4',
    details: { missing_sat: 4 },
    cause: new Error('deep down'),
  })

  test('is one error line and one hint line on stderr', async () => {
    const { terminal, out, err } = await openFake()
    await terminal.fail(error)
    expect(err()).toBe('error: the wallet has 5 sat, and 9 are needed\nhint: paygress wallet fund 4\n')
    expect(out()).toBe('')
  })

  test('is said even where quiet was asked for', async () => {
    const { terminal, err } = await openFake({ quiet: true })
    await terminal.fail(error)
    expect(err()).toContain('error: ')
  })

  test('under json is a document on stdout, and lines for people on stderr all the same', async () => {
    const { terminal, out, err } = await openFake({ output: 'json' })
    await terminal.fail(error)
    expect(JSON.parse(out())).toEqual({
      error: {
        code: 'insufficient_funds',
        message: error.message,
        hint: 'paygress wallet fund 4',
        retryable: false,
        details: { missing_sat: 4 },
      },
    })
    expect(out().trimEnd()).not.toContain('\n')
    expect(err()).toMatch(/^error: .*\nhint: .*\n$/)
  })

  test('without a hint has null there', async () => {
    const { terminal, out, err } = await openFake({ output: 'json' })
    await terminal.fail(new PaygressError('busy', 'later'))
    expect(JSON.parse(out()).error).toMatchObject({ hint: null, retryable: true, details: {} })
    expect(err()).toBe('error: later\n')
  })

  test('shows stack and cause only under verbose', async () => {
    const plain = await openFake()
    await plain.terminal.fail(error)
    expect(plain.err()).not.toContain('    at ')
    const verbose = await openFake({ verbose: true })
    await verbose.terminal.fail(error)
    expect(verbose.err()).toContain('    at ')
    expect(verbose.err()).toContain('caused by Error: deep down')
  })
})

describe('notes and progress off a terminal', () => {
  test('are plain lines on stderr, one per change of state', async () => {
    const { terminal, out, err } = await openFake()
    terminal.progress.step('asking coral')
    terminal.progress.step('asking coral')
    terminal.progress.step('starting \u001b[2Jthe machine')
    terminal.progress.note('recovered one order')
    terminal.progress.done('ready')
    terminal.progress.done()
    terminal.say('next: paygress ssh coral')
    expect(err()).toBe(
      'asking coral\nstarting  [2Jthe machine\nrecovered one order\nready\nnext: paygress ssh coral\n',
    )
    expect(out()).toBe('')
  })

  test('are silent under quiet, but for what nobody can go on without', async () => {
    const { terminal, err } = await openFake({ quiet: true })
    terminal.insist('lnbc1')
    expect(err()).toBe('lnbc1\n')
  })

  test('are silent under quiet', async () => {
    const { terminal, err } = await openFake({ quiet: true })
    terminal.progress.step('asking')
    terminal.progress.note('recovered')
    terminal.progress.done('ready')
    terminal.say('next')
    expect(err()).toBe('')
  })

  test('under json the progress stays and the advice goes', async () => {
    const { terminal, out, err } = await openFake({ output: 'json' })
    terminal.progress.step('asking')
    terminal.say('next: paygress ssh coral')
    expect([out(), err()]).toEqual(['', 'asking\n'])
  })
})
