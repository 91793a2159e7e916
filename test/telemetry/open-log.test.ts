// The log says what happened and never a secret.
import { Writable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { openLog, type LogOptions } from '../../src/telemetry/open-log.ts'

function logged(
  level: LogOptions['level'],
  isTerminal: boolean,
  work: (log: ReturnType<typeof openLog>) => void,
): string {
  const chunks: string[] = []
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      chunks.push(chunk.toString())
      done()
    },
  })
  work(openLog({ level, stream, isTerminal }))
  return chunks.join('')
}

const token = `cashuBo2F0gaJhaUgA${'x'.repeat(60)}`
const nsec = `nsec1${'q'.repeat(58)}`

describe.each([true, false])('on a terminal: %s', (isTerminal) => {
  test.each([
    ['a token', token, token],
    ['an older token', `cashuA${'e'.repeat(40)}`, `cashuA${'e'.repeat(40)}`],
    ['a secret key', nsec, nsec],
    [
      'a private key',
      '-----BEGIN OPENSSH PRIVATE KEY-----\nabcdef\n-----END OPENSSH PRIVATE KEY-----',
      'abcdef',
    ],
    ['a password in JSON', '{"ssh_password":"hun\\"ter2"}', 'ter2'],
    ['a proof', '{"amount":1,"secret":"deadbeef","C":"02aa"}', 'deadbeef'],
  ])('%s shows neither in a message nor in a field', (_what, text, hidden) => {
    const output = logged('info', isTerminal, (log) => {
      log.info({ detail: text, list: [text] }, `before ${text} after`)
    })
    expect(output).toContain('before')
    expect(output).toContain('[hidden]')
    expect(output).not.toContain(hidden)
  })

  test('a field that is called a secret is hidden whatever it holds', () => {
    const output = logged('info', isTerminal, (log) =>
      log.info({ password: 'hunter2', sshPassword: 'hunter3' }, 'x'),
    )
    expect(output).not.toContain('hunter')
  })
})

test('lines below the level are left out, and the others are JSON with level, time and fields', () => {
  const output = logged('info', false, (log) => {
    log.debug({}, 'quiet')
    log.warn({ lease: 'abc' }, 'loud')
  })
  expect(output.trim().split('\n')).toHaveLength(1)
  expect(JSON.parse(output)).toMatchObject({
    level: 40,
    lease: 'abc',
    msg: 'loud',
    time: expect.any(String) as string,
  })
})
