import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { testPodNpub } from '../support/test-ids.ts'
import { hostBlock, shellLine, sshArguments } from '../../src/ssh/ssh-command.ts'
import type { SshTarget } from '../../src/ssh/ssh-command.ts'

const podNpub = testPodNpub(1)
const target: SshTarget = {
  podNpub,
  host: '127.0.0.1',
  port: 30_001,
  username: 'ann',
  knownHostsPath: '/home/ann/my state/100%/known_hosts',
  hostKeyPinned: true,
  identityPath: '/home/ann/key',
  password: false,
}

/** What the system's ssh makes of the arguments: its own options in lower case. */
function understood(args: string[]): Map<string, string> {
  const text = execFileSync('ssh', ['-F', 'none', '-G', ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return new Map(
    text.split('\n').map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]),
  )
}

describe('the arguments of ssh', () => {
  test('pin the machine by its npub in a file of its own', () => {
    const options = understood(sshArguments(target))
    expect(options.get('hostkeyalias')).toBe(podNpub)
    expect(options.get('userknownhostsfile')).toBe('/home/ann/my state/100%/known_hosts')
    expect(options.get('globalknownhostsfile')).toBe('/dev/null')
    expect(options.get('stricthostkeychecking')).toBe('true')
    expect(options.get('port')).toBe('30001')
    expect(options.get('user')).toBe('ann')
    expect(options.get('identitiesonly')).toBe('yes')
  })

  test('keep the first host key seen where none was sent', () => {
    const options = understood(sshArguments({ ...target, hostKeyPinned: false }))
    expect(options.get('stricthostkeychecking')).toBe('ask')
  })

  test('let a person’s options win over defaults, but not over the pinned key', () => {
    const own = ['-A', '-o', 'StrictHostKeyChecking=no', '-o', 'HostKeyAlias=other']
    const options = understood(sshArguments(target, own))
    expect(options.get('forwardagent')).toBe('yes')
    expect(options.get('stricthostkeychecking')).toBe('true')
    expect(options.get('hostkeyalias')).toBe(podNpub)
  })

  test('lend the agent to nobody by default and share no connection', () => {
    const options = understood(sshArguments(target))
    expect(options.get('forwardagent')).toBe('no')
    expect(options.get('controlpath')).toBeUndefined()
  })

  test('end with the command, word by word, after a double dash', () => {
    const args = sshArguments(target, ['-N'], ['ls', '-l', '/'])
    expect(args.slice(-5)).toEqual(['--', '127.0.0.1', 'ls', '-l', '/'])
  })

  test('ask once for a password, and only for a password', () => {
    const { identityPath: _, ...withoutKey } = target
    const options = understood(sshArguments({ ...withoutKey, password: true }))
    expect(options.get('preferredauthentications')).toBe('password,keyboard-interactive')
    expect(options.get('numberofpasswordprompts')).toBe('1')
    expect(options.get('batchmode')).toBe('no')
  })

  test.each([
    { host: '-oProxyCommand=sh' },
    { host: 'a b' },
    { host: '' },
    { username: '-lroot' },
    { username: 'a;b' },
    { port: 0 },
  ])('refuse %j from a provider', (bad) => {
    expect(() => sshArguments({ ...target, ...bad })).toThrow(/cannot be used/)
  })
})

test('a Host block gives scp and editors the same options', () => {
  const block = hostBlock(target, 'brave-blue-fox')
  expect(block).toMatch(/^Host brave-blue-fox\n {2}HostName 127\.0\.0\.1\n/)
  const folder = mkdtempSync(join(tmpdir(), 'paygress-host-'))
  writeFileSync(join(folder, 'config'), block)
  const text = execFileSync('ssh', ['-F', join(folder, 'config'), '-G', 'brave-blue-fox'], {
    encoding: 'utf8',
  })
  rmSync(folder, { recursive: true })
  expect(text).toContain(`hostkeyalias ${podNpub}\n`)
  expect(text).toContain('userknownhostsfile /home/ann/my state/100%/known_hosts\n')
  expect(text).toContain('hostname 127.0.0.1\n')
})

test('a shell reads a printed command back as the same words', () => {
  const words = ['printf', '%s|', 'plain', 'two words', "it's", '$HOME', '', '-o', 'A=b']
  expect(execFileSync('sh', ['-c', shellLine(words)], { encoding: 'utf8' })).toBe(
    `${words.slice(2).join('|')}|`,
  )
})
