import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, readlinkSync, renameSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'

/**
 * What lies in `JOURNAL_DIR/<proxyId>/<bootId>/`: `boot.json`, segments `000000001.log` …, and `dead` once a later boot of the same slot
 * knows that this one is over.
 */
export interface BootMark {
  readonly proxyId: string
  readonly bootId: string
  readonly pid: number
  /** When the process began, in the words of the system: a pid alone is given out again. Null when that cannot be told. */
  readonly processStart: string | null
  /** Whose pid it is: the machine's name, its kernel's boot and the pid namespace. Null where /proc is missing. */
  readonly host: string
  readonly machineBoot: string | null
  readonly pidNamespace: string | null
}

const MARK_FILE = 'boot.json'
const DEAD_FILE = 'dead'
const SEGMENT = /^(\d{9})\.log$/

const readOrNull = (read: () => string): string | null => {
  try {
    return read().trim()
  } catch {
    // No /proc on this system, or no such process any more: both mean "not known", which every caller handles.
    return null
  }
}

/** The 22nd field of /proc/<pid>/stat; the second one, in brackets, may hold spaces. */
const readStartFromProc = (pid: number): string | null => {
  const stat = readOrNull(() => readFileSync(`/proc/${pid}/stat`, 'utf8'))
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
}

/** macOS has no /proc; there `ps` knows when a process began, to the second. */
const readStartFromPs = (pid: number): string | null => {
  const text = readOrNull(() =>
    execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  )
  return text === '' ? null : text
}

const hasProc = existsSync('/proc/self/stat')
const readProcessStart = (pid: number): string | null => (hasProc ? readStartFromProc(pid) : readStartFromPs(pid))

const readMachineBoot = (): string | null => readOrNull(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'))
const readPidNamespace = (): string | null => readOrNull(() => readlinkSync('/proc/self/ns/pid'))

const answersSignal = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/**
 * Whether the process that wrote a boot is still there. 'unknown' when it runs on another machine or in another pid namespace (another
 * container): then only the boot's own end line or a `dead` file may speak, because killing a living request would lose its bill.
 */
export const judgeProcess = (mark: BootMark): 'alive' | 'gone' | 'unknown' => {
  const machineBoot = readMachineBoot()
  if (mark.host !== hostname()) return 'unknown'
  // The same machine, started anew: nothing of before is left.
  if (mark.machineBoot !== machineBoot) return 'gone'
  if (mark.pidNamespace !== readPidNamespace()) return 'unknown'
  if (mark.processStart !== null) return readProcessStart(mark.pid) === mark.processStart ? 'alive' : 'gone'
  return answersSignal(mark.pid) ? 'alive' : 'gone'
}

export const segmentPath = (directory: string, segment: number): string =>
  join(directory, `${segment.toString().padStart(9, '0')}.log`)

const SEGMENT_SPAN = 2 ** 32

/**
 * A place in a boot's journal as one number that only grows: the segment, then the byte in it. Unlike a count of records it can be told
 * from what is left of a journal whose first segments are gone.
 */
export const journalPosition = (segment: number, byte: number): number => segment * SEGMENT_SPAN + byte

/** Numbers of the segments in a boot's folder, ascending. */
export const listSegments = (directory: string): number[] =>
  readdirSync(directory)
    .flatMap((name) => {
      const number = SEGMENT.exec(name)?.[1]
      return number === undefined ? [] : [Number(number)]
    })
    .toSorted((left, right) => left - right)

export const isMarkedDead = (directory: string): boolean => existsSync(join(directory, DEAD_FILE))

const markDead = (directory: string): void => writeFileSync(join(directory, DEAD_FILE), '')

/** Null for a folder that holds no boot (still being made, or not ours). */
export const readBootMark = (directory: string): BootMark | null => {
  const text = readOrNull(() => readFileSync(join(directory, MARK_FILE), 'utf8'))
  return text === null ? null : (JSON.parse(text) as BootMark)
}

const listFolders = (directory: string): string[] =>
  existsSync(directory)
    ? readdirSync(directory, { withFileTypes: true }).flatMap((entry) =>
        entry.isDirectory() ? [join(directory, entry.name)] : [],
      )
    : []

/** Folders of all boots of all slots. */
export const listBootFolders = (journalDirectory: string): string[] =>
  listFolders(journalDirectory).flatMap((slot) =>
    listFolders(slot).filter((folder) => existsSync(join(folder, MARK_FILE))),
  )

/**
 * Takes the slot for a new boot: every earlier boot of it is marked dead, so that the shipper may end what it left open.
 * @throws Error when an earlier boot's process is still running: two writers of one slot would end each other's requests.
 */
export const createBootFolder = (options: {
  directory: string
  proxyId: string
  bootId: string
  pid: number
}): string => {
  const slot = join(options.directory, options.proxyId)
  mkdirSync(slot, { recursive: true })
  for (const folder of listFolders(slot)) {
    const earlier = readBootMark(folder)
    if (earlier === null || isMarkedDead(folder)) continue
    if (earlier.pid !== options.pid && judgeProcess(earlier) === 'alive') {
      throw new Error(
        `The journal slot "${options.proxyId}" in ${options.directory} is in use by process ${earlier.pid}. Give this proxy another PROXY_ID or stop that process.`,
      )
    }
    markDead(folder)
  }
  const folder = join(slot, options.bootId)
  mkdirSync(folder)
  const mark: BootMark = {
    proxyId: options.proxyId,
    bootId: options.bootId,
    pid: options.pid,
    processStart: readProcessStart(options.pid),
    host: hostname(),
    machineBoot: readMachineBoot(),
    pidNamespace: readPidNamespace(),
  }
  // Renamed into place, so that no reader ever sees half a mark.
  writeFileSync(join(folder, `${MARK_FILE}.new`), JSON.stringify(mark))
  renameSync(join(folder, `${MARK_FILE}.new`), join(folder, MARK_FILE))
  return folder
}
