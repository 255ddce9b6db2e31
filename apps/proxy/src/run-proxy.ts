import { hash, randomFillSync } from 'node:crypto'
import { newUuidV7, uuidV7At } from '@atpar/core/ids'
import { createPool } from '@atpar/db/pool'
import { findContents, keepContents } from '@atpar/db/kept-contents'
import { endBoot, findCaller, heartbeatBoot, loadSnapshot, readChanges, registerBoot } from '@atpar/db/gateway'
import { findGeneration } from '@atpar/db/generations'
import { findCredentials, findCredentialSecret, noteCredentialUse } from '@atpar/db/sealed-credentials'
import { hmacKey, parsePeppers } from '@atpar/crypto/api-key'
import { sealContent } from '@atpar/crypto/content-seal'
import { parseSealingPrivateKeys } from '@atpar/crypto/sealing'
import { callerDialects } from '@atpar/dialects/registry'
import { taskCallers } from '@atpar/dialects/task-registry'
import { createLogger } from '@atpar/observability/logger'
import { createRedis } from '@atpar/redis/client'
import { subscribeChanges } from '@atpar/redis/changes'
import { scaleLeaseTimes } from '@atpar/redis/lease-times'
import { createKeptAnswers } from '@atpar/redis/kept-answers'
import { createQuota } from '@atpar/redis/quota'
import type { Snapshot } from '@atpar/core/snapshot'
import { createConfigFeed } from './catalogue/config-feed.ts'
import { readSnapshotFile, writeSnapshotFile } from './catalogue/snapshot-file.ts'
import { createContentQueue } from './content/content-queue.ts'
import { createContentReader } from './content/read-contents.ts'
import { createDeadlines } from './deadlines.ts'
import type { Clock, Deps } from './deps.ts'
import type { ProxyEnv } from './env.ts'
import { createHealth } from './health/breakers.ts'
import { createRecentService } from './health/recent-service.ts'
import { createBodyRoom } from './http/body-room.ts'
import { createNetworks } from './http/networks.ts'
import { createKeptResponses } from './kept/kept-responses.ts'
import { openJournal } from './journal/journal.ts'
import { createLargeBodies } from './large/large-bodies.ts'
import { warmTokenizer } from './metering/estimate.ts'
import { createLearnt } from './metering/learnt.ts'
import { createMetrics } from './metrics.ts'
import { createRebuildSources } from './quota/rebuild-sources.ts'
import { createProxyServer } from './server.ts'
import { createCallerCache } from './tenants/caller-cache.ts'
import { createCredentialCache } from './tenants/credential-cache.ts'
import { createCredentialOpener } from './tenants/open-credential.ts'
import { createGoogleTokens } from './upstream/google-tokens.ts'
import { createUpstream } from './upstream/http.ts'
import { createTargets, reachOf } from './upstream/targets.ts'

export interface RunningProxy {
  readonly port: number
  /** Answers what is running, then ends everything. Safe to call twice. */
  stop(): Promise<void>
}

const HEARTBEAT_MS = 5_000
const JOURNAL_SEGMENT_BYTES = 16 * 1024 * 1024
const JOURNAL_SYNC_MS = 75
const DRAIN_POLL_MS = 50
/** More would only share the machine's cores with the event loop. */
const LARGE_BODY_THREADS = 2
const MAX_WAITING_LARGE_BODIES = 32
/** Kept answers are up to some megabytes, and whoever waits for one waits for a model otherwise. */
const ANSWERS_TIMEOUT_MS = 2_000
/** Bodies above 1 MB, all together; each is in memory about three times while it is read. */
const MAX_LARGE_BODIES_BYTES = 256 * 1024 * 1024

/** Wires one proxy process together, top to bottom, and starts listening. */
export const runProxy = async (env: ProxyEnv): Promise<RunningProxy> => {
  const log = createLogger({ service: 'proxy', level: env.LOG_LEVEL })
  const bootId = newUuidV7({ nowMs: Date.now, randomBytes: readRandom })
  const pool = createPool({ url: env.DATABASE_URL_GATEWAY, max: 8, applicationName: `atpar-${env.PROXY_ID}` })
  const subscriber = createRedis({ url: env.REDIS_URL, connectionName: `${env.PROXY_ID}-feed` })
  const largeBodies = createLargeBodies({ threads: LARGE_BODY_THREADS, maxWaiting: MAX_WAITING_LARGE_BODIES })
  const answersRedis = createRedis({
    url: env.REDIS_URL,
    connectionName: `${env.PROXY_ID}-answers`,
    commandTimeoutMs: ANSWERS_TIMEOUT_MS,
  })

  const saveSnapshot = async (snapshot: Snapshot): Promise<void> => {
    if (env.SNAPSHOT_FILE !== undefined) await writeSnapshotFile(env.SNAPSHOT_FILE, snapshot)
  }
  const initial = await readInitialConfig(env, { load: () => loadSnapshot(pool), save: saveSnapshot })
  const callers = createCallerCache({
    fingerprint: (keyText) => hash('sha256', keyText, 'base64'),
    hash: createPepperedHash(env.KEY_PEPPERS),
    load: (hmac) => findCaller(pool, hmac),
    monotonicMs: () => performance.now(),
    log,
  })
  const upstream = createUpstream({ reach: reachOf(env) })
  const targets = createTargets(env, {
    googleTokens: createGoogleTokens({ upstream, wallMs: Date.now, log }),
    wallMs: Date.now,
  })
  const sealingKeys = parseSealingPrivateKeys(env.SEALING_PRIVATE_KEYS)
  const openCredential = createCredentialOpener({ keys: sealingKeys, targets, log })
  const credentials = createCredentialCache({
    load: (orgId) => findCredentials(pool, orgId),
    open: openCredential,
    note: (note) => noteCredentialUse(pool, note),
    monotonicMs: () => performance.now(),
    log,
  })
  const feed = createConfigFeed({
    initial,
    initialSeq: initial.version,
    readChanges: (since) => readChanges(pool, since),
    loadSnapshot: () => loadSnapshot(pool),
    saveSnapshot,
    callers,
    credentials,
    log,
  })
  const stopListening = subscribeChanges(subscriber, feed.poke)

  const clock: Clock = {
    nowMs: () => Date.now() + feed.current().clockOffsetMs,
    wallMs: Date.now,
    monotonicMs: () => performance.now(),
  }
  let isRegistered = false
  /** A proxy that starts while Postgres is down serves what it can and says later that it is there. */
  const beat = async (lastSeq: number): Promise<void> => {
    if (!isRegistered)
      await registerBoot(pool, { bootId, proxyId: env.PROXY_ID, sealingKeyIds: sealingKeys.map(({ id }) => id) })
    isRegistered = await heartbeatBoot(pool, { bootId, lastSeq })
  }
  const warnUnheard = (error: unknown): void => log.warn('heartbeat-failed', { error: String(error) })
  await beat(0).catch(warnUnheard)
  const journal = await openJournal({
    directory: env.JOURNAL_DIR,
    proxyId: env.PROXY_ID,
    bootId,
    pid: process.pid,
    maxSegmentBytes: JOURNAL_SEGMENT_BYTES,
    syncIntervalMs: JOURNAL_SYNC_MS,
    log: (event, fields) => log.warn(event, fields),
  })
  const heartbeat = setInterval(() => {
    beat(journal.lastSeq()).catch(warnUnheard)
  }, HEARTBEAT_MS)
  const rebuild = createRebuildSources({
    pool,
    leaseMs: env.PROXY_LEASE_MS,
    nowMs: clock.nowMs,
    ownReport: (orgId) => ({ bootId, seq: journal.position(), holds: quota.openHolds(orgId) }),
  })
  const quota = createQuota({
    url: env.REDIS_URL,
    bootId,
    clock: { nowMs: Date.now },
    commandTimeoutMs: env.PROXY_REDIS_TIMEOUT_MS,
    areLeasesOff: env.PROXY_LEASES === 'off',
    leaseTimes: scaleLeaseTimes(env.PROXY_LEASE_MS),
    rebuild,
    log: (event, fields) => log.warn(event, fields),
  })
  const metrics = createMetrics()
  const contents = createContentQueue({
    seal: (place, plain) => {
      const { bytes, keyId } = sealContent(sealingKeys, place, plain)
      return { sealed: bytes, sealingKeyId: keyId }
    },
    write: (batch) => keepContents(pool, batch),
    count: metrics.recordContents,
    warn: log.warn,
    wait: sleep,
  })
  const deps: Deps = {
    proxyId: env.PROXY_ID,
    bootId,
    instanceId: env.INSTANCE_ID,
    clock,
    newRequestId: (atMs) => uuidV7At(atMs, readRandom(10)),
    dialects: callerDialects,
    formats: taskCallers,
    feed,
    callers,
    credentials,
    quota,
    findGeneration: (orgId, requestId) => findGeneration(pool, orgId, requestId),
    kept: createKeptResponses({ redis: answersRedis, log }),
    journal,
    upstream,
    deadlines: createDeadlines(() => performance.now()),
    targets,
    findOwnTarget: async (orgId, credentialId) => {
      const found = await findCredentialSecret(pool, orgId, credentialId)
      return found === null ? 'unknown' : (openCredential(found.providerId, found.secret) ?? 'unusable')
    },
    internalToken: env.INTERNAL_TOKEN,
    health: createHealth({ monotonicMs: () => performance.now() }),
    recent: createRecentService({ monotonicMs: () => performance.now() }),
    learnt: createLearnt(),
    metrics,
    networks: createNetworks(env.TRUSTED_PROXIES),
    log,
    maxOpenCalls: env.PROXY_MAX_STREAMS,
    answers: createKeptAnswers(answersRedis),
    contents,
    readContents: createContentReader({
      keys: sealingKeys,
      find: (orgId, requestIds) => findContents(pool, orgId, requestIds),
      log,
    }),
    largeBodies,
    bodyRoom: createBodyRoom(MAX_LARGE_BODIES_BYTES),
  }
  const { server, openCalls, startDraining, stopConversations } = createProxyServer(deps)
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port: env.PORT, host: env.HOST, reusePort: env.PROXY_PROCESSES > 1, backlog: 4096 }, () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : env.PORT)
    })
  })
  await Promise.all([quota.whenReady(2_000), warmTokenizer()])
  log.info('proxy-started', {
    port,
    proxyId: env.PROXY_ID,
    bootId,
    models: initial.models.size,
    simulation: env.SIMULATION,
  })

  let stopping: Promise<void> | null = null
  const stop = async (): Promise<void> => {
    startDraining()
    await sleep(env.PROXY_LAME_DUCK_MS)
    server.close()
    server.closeIdleConnections()
    const deadlineMs = performance.now() + env.PROXY_DRAIN_SECONDS * 1000
    while (openCalls() > 0 && performance.now() < deadlineMs) await sleep(DRAIN_POLL_MS)
    // An answer whose caller left is still read to its end for the bill; those are no open calls but open attempts.
    while (journal.openCount() > 0 && performance.now() < deadlineMs) await sleep(DRAIN_POLL_MS)
    await stopConversations()
    server.closeAllConnections()
    await feed.stop()
    clearInterval(heartbeat)
    await quota.drain(2_000)
    await contents.drain(5_000)
    await journal.end()
    await beat(journal.lastSeq()).catch(warnUnheard)
    await endBoot(pool, bootId).catch((error: unknown) => log.warn('boot-end-unrecorded', { error: String(error) }))
    await stopListening()
    subscriber.disconnect()
    answersRedis.disconnect()
    await largeBodies.close()
    await quota.close()
    await upstream.close()
    await pool.end()
    log.info('proxy-stopped', { bootId })
  }
  return {
    port,
    stop: () => {
      stopping ??= stop()
      return stopping
    },
  }
}

const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms)
  })

/** The catalogue from Postgres, or the one kept on disk when Postgres cannot be asked. @throws the first failure when neither is there. */
const readInitialConfig = async (
  env: ProxyEnv,
  source: { readonly load: () => Promise<Snapshot>; readonly save: (snapshot: Snapshot) => Promise<void> },
): Promise<Snapshot> => {
  try {
    const snapshot = await source.load()
    await source.save(snapshot)
    return snapshot
  } catch (error) {
    const kept = env.SNAPSHOT_FILE === undefined ? null : await readSnapshotFile(env.SNAPSHOT_FILE)
    if (kept === null) throw error
    return kept
  }
}

/** HMAC under every pepper in use, newest first: an old one stays until no key names it. */
const createPepperedHash = (peppers: string): ((keyText: string) => readonly Uint8Array[]) => {
  const secrets = parsePeppers(peppers).map((pepper) => pepper.secret)
  return (keyText) => secrets.map((secret) => hmacKey(keyText, secret))
}

const RANDOM_POOL = Buffer.alloc(8_192)
let randomUsed = RANDOM_POOL.length
/** Random bytes from a pool: one system call for hundreds of ids. */
const readRandom = (count: number): Uint8Array => {
  if (randomUsed + count > RANDOM_POOL.length) {
    randomFillSync(RANDOM_POOL)
    randomUsed = 0
  }
  const bytes = RANDOM_POOL.subarray(randomUsed, randomUsed + count)
  randomUsed += count
  return bytes
}
