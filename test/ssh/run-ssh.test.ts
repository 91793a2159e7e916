import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createAskpass } from '../../src/ssh/askpass.ts'
import { knownHostsPath, writeKnownHosts } from '../../src/ssh/known-hosts.ts'
import { runSsh } from '../../src/ssh/run-ssh.ts'
import { readPrivateFile, writePrivateFile } from '../../src/storage/private-files.ts'
import { testPodNpub } from '../support/test-ids.ts'

const module = join(import.meta.dirname, '../../src/ssh/run-ssh.ts')
let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'paygress-ssh-'))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

function program(body: string): string {
  const path = join(home, 'ssh')
  writePrivateFile(path, `#!/bin/sh\n${body}\n`, 0o700)
  return path
}

describe('running ssh', () => {
  test('passes its exit code on', async () => {
    expect(await runSsh(['7'], { program: program('exit "$1"') })).toBe(7)
    expect(await runSsh([], { program: program('exit 0') })).toBe(0)
  })

  test('gives 128 and the signal where a signal ended it', async () => {
    expect(await runSsh([], { program: program('kill -TERM $$') })).toBe(143)
  })

  test('hands over arguments and environment as they are', async () => {
    const file = join(home, 'out')
    const path = program(`printf '%s|' "$@" "$EXTRA" > ${file}`)
    await runSsh(['a b', '', "it's"], { program: path, env: { EXTRA: 'more' } })
    expect(readPrivateFile(file)?.content).toBe("a b||it's|more|")
  })

  test('says which program is missing and how to get it', async () => {
    await expect(runSsh([], { program: join(home, 'nothing') })).rejects.toMatchObject({
      code: 'ssh_missing',
    })
  })

  test('survives Ctrl-C, which is for the remote side', async () => {
    const path = program('trap "exit 5" INT; echo up; while :; do sleep 0.05; done')
    const source = `import { runSsh } from ${JSON.stringify(module)}
      process.exitCode = await runSsh([], { program: ${JSON.stringify(path)} })`
    const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    })
    await once(child.stdout, 'data')
    // A terminal sends SIGINT to the whole foreground group.
    if (child.pid === undefined) throw new Error('not started')
    process.kill(-child.pid, 'SIGINT')
    expect(await once(child, 'exit')).toEqual([5, null])
  })
})

describe('askpass', () => {
  test('answers a password question and no other one, from files that only the owner can read', async () => {
    const askpass = createAskpass(join(home, 'state'), "pa'ss $(word)", 'npub1pod')
    const answer = join(home, 'answer')
    const ask = program(`"$SSH_ASKPASS" "$1" > ${answer}`)
    expect(await runSsh(["ann@npub1pod's password: "], { program: ask, env: askpass.env })).toBe(0)
    expect(readPrivateFile(answer)?.content).toBe("pa'ss $(word)\n")
    for (const question of ['Are you sure you want to continue connecting?', "ann@jump's password: "]) {
      expect(await runSsh([question], { program: ask, env: askpass.env })).toBe(1)
      expect(readPrivateFile(answer)?.content).toBe('')
    }

    const folder = join(askpass.env.SSH_ASKPASS, '..')
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    expect(statSync(join(folder, 'password')).mode & 0o777).toBe(0o600)
    askpass.remove()
    expect(existsSync(folder)).toBe(false)
    expect(readdirSync(join(home, 'state'))).toEqual([])
  })

  test('removes what a process that was killed left, and nothing of one that runs', () => {
    const state = join(home, 'state')
    const source = `import { createAskpass } from ${JSON.stringify(join(import.meta.dirname, '../../src/ssh/askpass.ts'))}
      createAskpass(${JSON.stringify(state)}, 'word', 'npub1pod')`
    expect(spawnSync(process.execPath, ['--input-type=module', '-e', source]).status).toBe(0)
    expect(readdirSync(state)).toHaveLength(1)
    const own = createAskpass(state, 'word', 'npub1pod')
    const other = createAskpass(state, 'word', 'npub1other')
    expect(readdirSync(state)).toHaveLength(2)
    for (const askpass of [own, other]) askpass.remove()
    expect(readdirSync(state)).toEqual([])
  })
})

describe('known hosts', () => {
  const hostKey =
    'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDRnqL8aPzIZ0TTcCh0Y9dDBJWaO2E8Rbo+Bq2RTSTLA of the pod'

  test('hold the one key that the provider sent, under the machine’s npub', () => {
    const path = knownHostsPath(home, testPodNpub(1))
    writeKnownHosts(path, testPodNpub(1), hostKey)
    expect(readPrivateFile(path)).toEqual({
      content: `${testPodNpub(1)} ${hostKey.split(' ').slice(0, 2).join(' ')}\n`,
    })
  })

  test('keep what ssh learned by itself where the provider sent none', () => {
    const path = knownHostsPath(home, testPodNpub(1))
    writeKnownHosts(path, testPodNpub(1), undefined)
    writeFileSync(path, 'learned\n')
    writeKnownHosts(path, testPodNpub(1), undefined)
    expect(readPrivateFile(path)?.content).toBe('learned\n')
  })
})
