import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openSettings, parseSettingKey } from '../../src/storage/settings.ts'

let folder: string
let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'paygress-settings-'))
  folder = join(home, 'config')
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

describe('settings', () => {
  test('are unset until somebody sets them, and survive the process', async () => {
    const settings = await openSettings(folder)
    expect(settings.get('relays')).toBeUndefined()
    await settings.setText('relays', 'wss://one.example, wss://two.example')
    await settings.setText('max_rate', '250')
    const again = await openSettings(folder)
    expect(again.get('relays')).toEqual(['wss://one.example', 'wss://two.example'])
    expect(again.list()).toEqual([
      { key: 'relays', value: ['wss://one.example', 'wss://two.example'] },
      { key: 'max_rate', value: 250 },
    ])
  })

  test('are in a file that only its owner can read', async () => {
    const settings = await openSettings(folder)
    await settings.setText('output', 'json')
    expect(settings.path).toBe(join(folder, 'config.json'))
    expect(statSync(settings.path).mode & 0o777).toBe(0o600)
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    expect(JSON.parse(readFileSync(settings.path, 'utf8'))).toEqual({ output: 'json' })
  })

  test('go back to the default', async () => {
    const settings = await openSettings(folder)
    await settings.setText('output', 'json')
    await settings.unset('output')
    expect(settings.get('output')).toBeUndefined()
  })

  test.each([
    ['relays', 'https://not.a.relay', /ws:\/\//],
    ['relays', '', /relays/],
    ['max_rate', 'much', /max_rate.* must be a whole number of sats/],
    ['output', 'xml', /output.* must be table, json, yaml or name/],
    ['provider', 'npub1x', /provider.* must be an npub/],
    ['provider', `npub1${'q'.repeat(58)}`, /provider.* must be an npub/],
    ['relays', 'wss://me:pw@relay.example', /ws:\/\//],
    ['mint', 'https://mint.example/?x=1', /https:\/\//],
  ] as const)('%s refuses "%s" and says why', async (key, text, message) => {
    const settings = await openSettings(folder)
    await expect(settings.setText(key, text)).rejects.toThrow(message)
    expect(settings.get(key)).toBeUndefined()
  })

  test('name the nearest key for a wrong one', () => {
    expect(() => parseSettingKey('realys')).toThrow(
      expect.objectContaining({ code: 'usage', hint: 'did you mean relays?' }),
    )
    expect(parseSettingKey('mint')).toBe('mint')
  })

  test('a wrong value in the file is refused when it is read, not before', async () => {
    const path = join(folder, 'config.json')
    const settings = await openSettings(folder)
    await settings.setText('output', 'json')
    writeFileSync(path, '{"output":"xml","max_rate":3}')
    const again = await openSettings(folder)
    expect(again.get('max_rate')).toBe(3)
    expect(() => again.get('output')).toThrow(expect.objectContaining({ code: 'config_invalid' }))
  })

  test.each(['[]', 'null', '"x"', '7', '{"output":', ''])(
    'a file with %s is named and kept',
    async (text) => {
      const settings = await openSettings(folder)
      await settings.setText('output', 'json')
      writeFileSync(settings.path, text)
      await expect(openSettings(folder)).rejects.toMatchObject({
        code: 'config_invalid',
        hint: expect.stringContaining(`mv ${settings.path}`),
      })
      expect(readFileSync(settings.path, 'utf8')).toBe(text)
    },
  )

  test('a file that appears between reading and setting is not written over either', async () => {
    const settings = await openSettings(folder)
    mkdirSync(folder)
    writeFileSync(settings.path, '[]')
    await expect(settings.setText('output', 'json')).rejects.toMatchObject({ code: 'config_invalid' })
    expect(readFileSync(settings.path, 'utf8')).toBe('[]')
  })

  test('a list that is none is told in plain words', async () => {
    mkdirSync(folder)
    writeFileSync(join(folder, 'config.json'), '{"relays":"wss://relay.example.com"}')
    const settings = await openSettings(folder)
    expect(() => settings.get('relays')).toThrow(/it must be a list of ws:\/\/ or wss:\/\/ addresses/)
  })

  test('a folder or a device in the place of the file is called what it is', async () => {
    mkdirSync(join(folder, 'config.json'), { recursive: true })
    await expect(openSettings(folder)).rejects.toThrow('it is a folder')
    rmSync(folder, { recursive: true })
    mkdirSync(folder)
    symlinkSync('/dev/zero', join(folder, 'config.json'))
    await expect(openSettings(folder)).rejects.toThrow('it is not a file')
  })
})
