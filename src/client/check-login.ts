// Can a provider read at all what we want to say about logging in? What it cannot read it cannot hand back before the lock ends.
import { PaygressError } from '../core/errors.ts'
import { loginNameProblem } from '../core/login-name.ts'
import { quoteArgument } from '../core/quote-argument.ts'
import { spawnRequestSchema } from '../protocol/spawn.ts'

export interface LoginWish {
  image?: string | undefined
  user?: string | undefined
  password?: string | undefined
  sshPublicKey?: string | undefined
}

const CONTROL = /\p{Cc}/u

const readable = spawnRequestSchema.pick({
  pod_image: true,
  ssh_username: true,
  ssh_password: true,
  ssh_public_key: true,
})

const WORDS: Readonly<Record<string, string>> = {
  pod_image: 'image',
  ssh_username: 'login name',
  ssh_password: 'password',
  ssh_public_key: 'SSH public key',
}

/** Throws `usage`, quoting no secret, where no provider could do with this; before anything is paid. */
export function checkLogin({ image, user, password, sshPublicKey }: LoginWish): void {
  const nameProblem = user === undefined ? undefined : loginNameProblem(user)
  if (user !== undefined && nameProblem !== undefined) {
    throw new PaygressError(
      'usage',
      `${quoteArgument(user)} cannot be a login name: it ${nameProblem}; nothing was paid`,
      { hint: 'choose another name: --user alice' },
    )
  }
  if (password !== undefined && CONTROL.test(password)) {
    throw new PaygressError('usage', 'the password has control characters in it, such as a line break', {
      hint: 'give one line of plain text on stdin',
    })
  }
  const fields = {
    pod_image: image,
    ssh_username: user,
    ssh_password: password,
    ssh_public_key: sshPublicKey,
  }
  const issue = readable.safeParse(fields).error?.issues[0]
  if (issue === undefined) return
  const word = WORDS[String(issue.path[0])] ?? 'request'
  throw new PaygressError('usage', `the ${word} is longer than a request may carry`, {
    hint: word === 'SSH public key' ? 'use an Ed25519 key: ssh-keygen -t ed25519' : 'give a shorter one',
  })
}
