// 32 connections that ask for one thing; prints what came of it as JSON.
//
// Answers and the processor time of the contender are counted between two moments of the steady
// state, so that what is under way at either end makes no difference.
import { readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import autocannon from 'autocannon'

const asked = JSON.parse(process.argv[2])
const UTIME = 11 // of what follows the name in /proc/PID/stat; the next is system time
const IDLE = 4 // of the line of a processor in /proc/stat; the next waits for disks
const LEAST = 5 // answers to each connection
const PATIENCE = 5 // times the seconds that are asked for

function spent () {
  return asked.pids.reduce((sum, pid) => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const values = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return sum + Number(values[UTIME]) + Number(values[UTIME + 1])
  }, 0)
}

function idle (core) {
  const lines = readFileSync('/proc/stat', 'latin1').split('\n')
  const values = lines.find((line) => line.startsWith(`cpu${core} `)).split(/ +/)
  return Number(values[IDLE]) + Number(values[IDLE + 1])
}

const moment = () => ({
  at: performance.now(), answers, spent: spent(), idle: asked.cores.map(idle)
})

let answers = 0
let measuring = false
const waits = []
const wrong = new Map()
const instance = autocannon({
  url: asked.url,
  method: asked.method,
  headers: asked.headers,
  body: asked.body || undefined,
  connections: asked.connections,
  duration: PATIENCE * (asked.warm + asked.seconds) + 30,
  timeout: 30,
  verifyBody: (body) => {
    if (body.length !== asked.length) wrong.set(`${body.length} characters`, body.slice(0, 300))
    return true
  }
})
instance.on('response', (client, status, octets, wait) => {
  answers += 1
  if (status !== 200) wrong.set(`status ${status}`, '')
  if (measuring) waits.push(wait)
})
instance.on('reqError', (error) => wrong.set(String(error), ''))

// A slow contender answers in bursts: so many answers belong to each part, if they come in time.
async function until (seconds, least) {
  const began = performance.now()
  const before = answers
  const waited = () => (performance.now() - began) / 1000
  while (waited() < seconds || (answers - before < least && waited() < seconds * PATIENCE)) {
    await setTimeout(10)
  }
}

await until(asked.warm, asked.connections)
const from = moment()
measuring = true
await until(asked.seconds, LEAST * asked.connections)
const to = moment()
measuring = false
instance.stop()
const result = await instance
waits.sort((one, other) => one - other)
const quantile = (part) => waits[Math.min(waits.length - 1, Math.floor(part * waits.length))] ?? 0
if (result.errors) wrong.set(`${result.errors} errors`, `${result.timeouts} of them timeouts`)
console.log(JSON.stringify({
  seconds: (to.at - from.at) / 1000,
  answers: to.answers - from.answers,
  ticks: to.spent - from.spent,
  idle: to.idle.map((ticks, place) => ticks - from.idle[place]),
  p50: quantile(0.5),
  p99: quantile(0.99),
  wrong: [...wrong].map(([what, body]) => `${what} ${body}`.trim())
}))
process.exit(0)
