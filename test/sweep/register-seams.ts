// How do the sources have fail points without a build? Loaded first (`node --import`), it puts them in as each file is read.
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { withFailPoints } from './find-seams.ts'

const SRC = fileURLToPath(new URL('../../src', import.meta.url))
const RUNTIME = new URL('at-seam.ts', import.meta.url).href

registerHooks({
  load(url, context, next) {
    if (!url.startsWith('file:') || !url.endsWith('.ts')) return next(url, context)
    const path = fileURLToPath(url)
    const file = relative(SRC, path).split(sep).join('/')
    const source = file.startsWith('..')
      ? undefined
      : withFailPoints(file, readFileSync(path, 'utf8'), RUNTIME)
    return source === undefined
      ? next(url, context)
      : { format: 'module-typescript', source, shortCircuit: true }
  },
})
