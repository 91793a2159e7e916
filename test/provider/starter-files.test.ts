// Can a new provider start with what is written for it?
import { parse } from 'dotenv'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parseProviderConfig } from '../../src/provider/config.ts'
import { starterEnvironment, starterSpecs } from '../../src/provider/starter-files.ts'

test('the files of a new provider are a configuration without a mistake', () => {
  const text = starterEnvironment({
    backend: 'kubernetes',
    relays: ['wss://nos.lol', 'wss://relay.damus.io'],
    mints: ['https://mint.example.com'],
    sshHost: '203.0.113.7',
    name: "Ann's place # 1",
  })
  const config = parseProviderConfig(parse(text), (path) =>
    path === 'pod-specs.json' ? starterSpecs() : undefined,
  )
  expect(config).toMatchObject({ backend: 'kubernetes', name: 'Anns place # 1', notices: [] })
  expect(config.specs.map(({ id }) => id)).toEqual(['basic', 'standard', 'premium'])
})

test('the price list in the repository is the same', () => {
  expect(JSON.parse(readFileSync('pod-specs.json', 'utf8'))).toEqual(JSON.parse(starterSpecs()))
})
