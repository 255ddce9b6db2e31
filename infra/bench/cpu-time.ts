import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** The kernel reports CPU time in ticks of 1/100 s on every Linux that Node runs on. */
const TICK_MS = 10

/** CPU (user + system) a process has used so far, from the operating system's own books. Linux reads /proc; elsewhere `ps` is asked. */
export const readCpuMs = (pid: number): number => {
  if (process.platform !== 'linux') return readCpuByPs(pid)
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The second field is the program's name in parentheses and may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS
}

const readCpuByPs = (pid: number): number => {
  const text = execFileSync('ps', ['-o', 'time=', '-p', String(pid)], { encoding: 'utf8' }).trim()
  const parts = text.split(':').map(Number)
  return parts.reduce((sum, part) => sum * 60 + part, 0) * 1000
}

/** A process and all that it started: a proxy of several processes is one parent and its forks. Elsewhere than on Linux the parent alone. */
export const processTree = (pid: number): readonly number[] => {
  if (process.platform !== 'linux') return [pid]
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
  return [pid, ...(children === '' ? [] : children.split(' ').flatMap((child) => processTree(Number(child))))]
}
