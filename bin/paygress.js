#!/usr/bin/env node
// Starts the built program: checks Node's version, turns on the compile cache, hushes one warning. Old Node must be able to parse this file.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import module from 'node:module'
import { fileURLToPath } from 'node:url'

const version = process.versions.node.split('.').map(Number)

function isEnough(major, minor, patch) {
  if (major === 22) return minor > 22 || (minor === 22 && patch >= 2)
  if (major === 24) return minor >= 15
  return major >= 26
}

const at = (path) => fileURLToPath(new URL(path, import.meta.url))
// A checkout brings its own Node: `npm ci` puts it there.
const own = at('../node_modules/node/bin/node')
const isCheckout = existsSync(at('../src/main.ts'))

if (isCheckout && !existsSync(at('../dist/main.js')))
  fail('this checkout of paygress is not built', 'npm ci && npm run build')
else if (isEnough(version[0], version[1], version[2])) void start()
else if (existsSync(own)) startWith(own)
else
  fail(
    `paygress needs Node ^22.22.2, ^24.15.0 or >=26.0.0, and this is ${process.version}`,
    isCheckout ? 'npm ci, which brings one' : 'npx -p node@24 -p paygress paygress',
  )

function fail(why, next) {
  console.error(`error: ${why}\nhint: ${next}`)
  process.exit(1)
}

function startWith(node) {
  const child = spawn(node, ['--', ...process.argv.slice(1)], { stdio: 'inherit' })
  // A terminal's Ctrl-C reaches both, and the program takes the two for one.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

function start() {
  if (module.enableCompileCache) module.enableCompileCache()
  const emitWarning = process.emitWarning
  process.emitWarning = function (warning, ...rest) {
    const text = typeof warning === 'string' ? warning : warning.message
    if (text.startsWith('SQLite is an experimental feature')) return
    emitWarning.call(process, warning, ...rest)
  }
  return import('../dist/main.js')
}
