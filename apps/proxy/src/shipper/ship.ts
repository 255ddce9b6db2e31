import { isReadable, type UsageRow } from '@atpar/core/usage-row'
import { ProgressLostError } from '@atpar/db/usage-ingest'
import { listBootFolders, readBootMark, type BootMark } from '../journal/boot-files.ts'
import { isConcluded, markConcluded, unmarkConcluded } from '../journal/kept-segments.ts'
import { openBootTail, type BootTail, type Shipment } from './boot-tail.ts'

export interface ShippedBoot {
  readonly bootId: string
  readonly proxyId: string
}

/** Everything up to `ackedSeq` is terminal, and everything before `position` of the journal is there. */
export interface Progress {
  readonly ackedSeq: number
  readonly position: number
}

export interface Commit {
  readonly shipment: Shipment
  /** What was confirmed last. The commit fails where there is less of it now. */
  readonly knownPosition: number
}

/** The position of a boot of which nothing more is to come. */
export const CONCLUDED_POSITION = Number.MAX_SAFE_INTEGER

/** Where shipments go. All of it is idempotent: after a crash everything uncommitted is sent again. */
export interface Sink {
  /** How much Postgres has of these boots; those it does not know are absent. */
  readProgress(bootIds: readonly string[]): Promise<ReadonlyMap<string, Progress>>
  /**
   * One transaction: events, roll-ups and the boot's progress. Rows that Postgres refuses go to quarantine there.
   * @throws ProgressLostError
   */
  commit(boot: ShippedBoot, commit: Commit): Promise<{ readonly inserted: number; readonly quarantined: number }>
  /** Everything this boot ever wrote is committed. @throws ProgressLostError */
  concludeBoot(boot: ShippedBoot, end: { readonly lastSeq: number; readonly knownPosition: number }): Promise<void>
  /** Tells the other witness that these are safe. May fail: the worker's sweep cleans up behind it. */
  acknowledge(rows: readonly UsageRow[]): Promise<void>
}

export interface ShipperOptions {
  readonly journalDirectory: string
  readonly sink: Sink
  readonly batchSize: number
  /** Every so many milliseconds Postgres is asked whether it still has what it confirmed. */
  readonly verifyEveryMs: number
  /** Every so many milliseconds the folders are looked through for a boot that is new. */
  readonly findEveryMs: number
  /** Deletes what has been kept long enough. @returns the folders that are gone with it */
  readonly dropKept: () => readonly string[]
  readonly log: (event: string, fields: Record<string, unknown>) => void
}

interface ShipperStatus {
  readonly boots: number
  readonly unreadBytes: number
  readonly openAttempts: number
  readonly shippedEvents: number
  readonly lastError: string | null
}

export interface Shipper {
  /** Ships one batch per boot. True when there may be more at once. @throws what the sink throws; nothing is lost by it. */
  pass(): Promise<boolean>
  status(): ShipperStatus
  /** Waits for acknowledgements under way and closes the files. */
  close(): Promise<void>
}

const MAX_PENDING_ACKS = 50
const DROP_EVERY_MS = 10_000

interface FollowedBoot {
  readonly mark: BootMark
  /** Null for one of which everything was shipped, and whose files are only kept. */
  readonly tail: BootTail | null
  knownPosition: number
  lastSeq: number
  /** What Postgres has not taken yet: it is sent again as it is, before anything else of its boot is read. */
  unsent: Shipment | null
}

const keptBoot = (mark: BootMark): FollowedBoot => ({
  mark,
  tail: null,
  knownPosition: CONCLUDED_POSITION,
  lastSeq: 0,
  unsent: null,
})
const UNKNOWN: Progress = { ackedSeq: 0, position: 0 }

export const createShipper = (options: ShipperOptions): Shipper => {
  const { sink, log } = options
  const boots = new Map<string, FollowedBoot>()
  let shippedEvents = 0
  let lastError: string | null = null
  let pendingAcks = 0
  let acks: Promise<void> = Promise.resolve()
  let verifiedAt = performance.now()
  let droppedAt = Number.NEGATIVE_INFINITY
  let foundAt = Number.NEGATIVE_INFINITY

  const findBoots = async (): Promise<void> => {
    if (performance.now() - foundAt < options.findEveryMs) return
    for (const folder of listBootFolders(options.journalDirectory)) {
      if (boots.has(folder)) continue
      const mark = readBootMark(folder)
      if (mark === null) continue
      if (isConcluded(folder)) {
        boots.set(folder, keptBoot(mark))
        continue
      }
      const { ackedSeq, position } = (await sink.readProgress([mark.bootId])).get(mark.bootId) ?? UNKNOWN
      const tail = openBootTail({ folder, mark, ackedSeq })
      boots.set(folder, { mark, tail, knownPosition: position, lastSeq: ackedSeq, unsent: null })
      log('boot-found', { bootId: mark.bootId, proxyId: mark.proxyId, ackedSeq })
    }
    foundAt = performance.now()
  }

  /** Forgets how far this boot was shipped: the next pass asks Postgres and begins there. */
  const startOver = (folder: string, { mark, tail }: FollowedBoot): void => {
    log('progress-lost', { bootId: mark.bootId, proxyId: mark.proxyId })
    tail?.close()
    unmarkConcluded(folder)
    boots.delete(folder)
    foundAt = Number.NEGATIVE_INFINITY
  }

  /** A standby that lacks the last transactions says nothing of it. Asked also for boots that are long over, and while nothing is to be shipped. */
  const verify = async (): Promise<void> => {
    if (performance.now() - verifiedAt < options.verifyEveryMs) return
    const progress = await sink.readProgress([...boots.values()].map(({ mark }) => mark.bootId))
    for (const [folder, boot] of boots)
      if ((progress.get(boot.mark.bootId)?.position ?? 0) < boot.knownPosition) startOver(folder, boot)
    verifiedAt = performance.now()
  }

  const dropKept = (): void => {
    if (performance.now() - droppedAt < DROP_EVERY_MS) return
    droppedAt = performance.now()
    for (const folder of options.dropKept()) boots.delete(folder)
  }

  const acknowledge = (rows: readonly UsageRow[]): void => {
    if (rows.length === 0 || pendingAcks >= MAX_PENDING_ACKS) return
    pendingAcks += 1
    acks = acks
      .then(() => sink.acknowledge(rows))
      .catch((error: unknown) => log('ack-skipped', { error: String(error), events: rows.length }))
      .finally(() => {
        pendingAcks -= 1
      })
  }

  const shipOne = async (folder: string, boot: FollowedBoot, tail: BootTail): Promise<boolean> => {
    const { mark } = boot
    const shipment = boot.unsent ?? tail.take(options.batchSize)
    if (shipment !== null) {
      boot.unsent = shipment
      const { inserted, quarantined } = await sink.commit(mark, { shipment, knownPosition: boot.knownPosition })
      boot.unsent = null
      boot.knownPosition = Math.max(boot.knownPosition, shipment.position)
      boot.lastSeq = shipment.lastSeq
      tail.committed()
      shippedEvents += inserted
      if (quarantined > 0 || shipment.damaged.length > 0)
        log('records-quarantined', { bootId: mark.bootId, refused: quarantined, damaged: shipment.damaged.length })
      // Of a line that turned out damaged Redis, the other witness, has the whole text, so it must not forget it.
      acknowledge(quarantined === 0 ? shipment.rows : shipment.rows.filter(isReadable))
    }
    if (!tail.isFinished()) return shipment !== null && shipment.rows.length >= options.batchSize
    await sink.concludeBoot(mark, boot)
    tail.close()
    markConcluded(folder, boot.lastSeq)
    boots.set(folder, keptBoot(mark))
    droppedAt = Number.NEGATIVE_INFINITY
    log('boot-concluded', { bootId: mark.bootId, proxyId: mark.proxyId })
    return false
  }

  const shipOrStartOver = async (folder: string, boot: FollowedBoot): Promise<boolean> => {
    if (boot.tail === null) return false
    try {
      return await shipOne(folder, boot, boot.tail)
    } catch (error) {
      if (!(error instanceof ProgressLostError)) throw error
      startOver(folder, boot)
      return true
    }
  }

  const tailsOf = (): readonly BootTail[] => [...boots.values()].flatMap(({ tail }) => (tail === null ? [] : [tail]))

  return {
    pass: async () => {
      try {
        await verify()
        await findBoots()
        let hasMore = false
        for (const [folder, boot] of boots) hasMore = (await shipOrStartOver(folder, boot)) || hasMore
        dropKept()
        lastError = null
        return hasMore
      } catch (error) {
        lastError = error instanceof Error ? error.message : String(error)
        throw error
      }
    },
    status: () => {
      const tails = tailsOf()
      return {
        boots: tails.length,
        unreadBytes: tails.reduce((sum, tail) => sum + tail.unreadBytes(), 0),
        openAttempts: tails.reduce((sum, tail) => sum + tail.openAttempts(), 0),
        shippedEvents,
        lastError,
      }
    },
    close: async () => {
      await acks
      for (const tail of tailsOf()) tail.close()
    },
  }
}
