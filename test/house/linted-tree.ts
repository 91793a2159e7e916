// What does the project's own lint configuration say about a tree of files that is not the project's?
import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import * as z from 'zod'

const PROJECT = resolve(import.meta.dirname, '../..')

const report = z.object({
  diagnostics: z.array(
    z.object({
      filename: z.string(),
      code: z.string().optional(),
      message: z.string(),
      labels: z.array(z.object({ span: z.object({ line: z.number() }) })),
    }),
  ),
})

/** A complaint of the linter: the place it is about, the rule and the sentence. */
export interface Complaint {
  file: string
  line: number
  rule: string
  message: string
}

/** Writes `files` (path to source) into a fresh folder, lints it as the project is linted and returns every complaint. */
export async function complaintsAbout(files: Readonly<Record<string, string>>): Promise<Complaint[]> {
  const root = await mkdtemp(join(tmpdir(), 'paygress-lint-'))
  try {
    const config = await readFile(join(PROJECT, '.oxlintrc.json'), 'utf8')
    await writeFile(
      join(root, '.oxlintrc.json'),
      config.replaceAll('"./test/house', `"${PROJECT}/test/house`),
    )
    await copyFile(join(PROJECT, 'tsconfig.json'), join(root, 'tsconfig.json'))
    await writeFile(join(root, 'package.json'), '{"type":"module"}')
    await symlink(join(PROJECT, 'node_modules'), join(root, 'node_modules'))
    for (const [path, source] of Object.entries(files)) {
      await mkdir(dirname(join(root, path)), { recursive: true })
      await writeFile(join(root, path), source)
    }
    const { diagnostics } = report.parse(JSON.parse(await oxlint(root)))
    return diagnostics.map(({ filename, code, message, labels }) => ({
      file: filename,
      line: labels[0]?.span.line ?? 0,
      rule: code ?? '',
      message,
    }))
  } finally {
    await rm(root, { recursive: true })
  }
}

function oxlint(cwd: string): Promise<string> {
  const program = join(PROJECT, 'node_modules/oxlint/bin/oxlint')
  return new Promise((done, fail) => {
    execFile(process.execPath, [program, '--format', 'json'], { cwd }, (error, stdout, stderr) => {
      // The linter ends with 1 when it has complaints, and then prints them.
      if (error !== null && !stdout.startsWith('{'))
        fail(new Error(`oxlint: ${stdout}${stderr}`, { cause: error }))
      else done(stdout)
    })
  })
}
