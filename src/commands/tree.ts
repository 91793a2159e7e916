// Which commands exist? The command tree as data, group by group as help shows it.
import type { CommandGroup } from './command-definition.ts'
import { PROVIDE } from './tree/provide.ts'
import { RENT } from './tree/rent.ts'
import { TOOLS } from './tree/tools.ts'
import { IDENTITY, WALLET } from './tree/wallet.ts'

export const COMMAND_GROUPS: readonly CommandGroup[] = [RENT, WALLET, IDENTITY, PROVIDE, TOOLS]
