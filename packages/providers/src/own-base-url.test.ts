import { describe, expect, it } from 'vitest'
import { parseOwnBaseUrl } from './own-base-url.ts'

describe('an address of one’s own', () => {
  it.each([
    ['https://models.example.com/v1/', 'https://models.example.com/v1'],
    ['https://gpu.example.com:8443/openai/v1', 'https://gpu.example.com:8443/openai/v1'],
  ])('%s is taken', (text, url) => {
    expect(parseOwnBaseUrl(text, 'public')).toBe(url)
  })

  it.each([
    'http://models.example.com/v1',
    'https://user:pass@models.example.com',
    'https://user@models.example.com',
    'https://models.example.com@127.0.0.1/',
    'https://models.example.com/v1?key=1',
    'https://models.example.com/v1#a',
    'https://models.example.com:22/v1',
    'https://models.example.com:6379/v1',
    'https://models.example.com:80/v1',
    'https://localhost/v1',
    'https://LOCALHOST/v1',
    'https://localhost./v1',
    'https://localhost../v1',
    'https://localhost。/v1',
    'https://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/v1',
    'https://a.localhost/v1',
    'https://localhost.localdomain/v1',
    'https://127.0.0.1/v1',
    'https://127.0.0.1./v1',
    'https://127.1/v1',
    'https://127.0.1/v1',
    'https://0x7f.1/v1',
    'https://0x7f000001/v1',
    'https://0X7F.0.0.1/v1',
    'https://0177.0.0.1/v1',
    'https://017700000001/v1',
    'https://2130706433/v1',
    'https://4294967295/v1',
    'https://0/v1',
    'https://①②⑦.⓪.⓪.①/v1',
    'https://１２７.０.０.１/v1',
    'https://%31%32%37.0.0.1/v1',
    'https://169.254.169.254/latest/meta-data/',
    'https://0xa9fea9fe/latest',
    'https://2852039166/latest',
    'https://0251.0376.0251.0376/latest',
    'https://10.0.0.1/v1',
    'https://172.16.0.1/v1',
    'https://192.168.1.1/v1',
    'https://100.64.0.1/v1',
    'https://8.8.8.8/v1',
    'https://[::]/v1',
    'https://[::1]/v1',
    'https://[0:0:0:0:0:0:0:1]/v1',
    'https://[::ffff:127.0.0.1]/v1',
    'https://[::ffff:7f00:1]/v1',
    'https://[::127.0.0.1]/v1',
    'https://[64:ff9b::7f00:1]/v1',
    'https://[64:ff9b::a9fe:a9fe]/v1',
    'https://[2002:7f00:1::]/v1',
    'https://[2001:0:7f00:1::]/v1',
    'https://[fe80::1]/v1',
    'https://[fd00:ec2::254]/v1',
    'https://[fc00::1]/v1',
    'https://[ff02::1]/v1',
    'https://[2606:4700::1]/v1',
    'https://metadata.google.internal/computeMetadata/v1',
    'https://metadata.google.internal./v1',
    'https://metadata/v1',
    'https://metadata.azure.com/v1',
    'https://instance-data/latest',
    'https://instance-data.ec2.internal/latest',
    'https://redis.local/v1',
    'https://redis/v1',
    'https://db.corp/v1',
    'https://router.home.arpa/v1',
    'https://models.example.test/v1',
    'https://hidden.onion/v1',
    'https://xn--/v1',
    'ftp://models.example.com',
    'file:///etc/passwd',
    'gopher://127.0.0.1:6379/_FLUSHALL',
    'javascript:fetch(1)',
    '//models.example.com',
    'https://',
    'https:///v1',
    'not a url',
  ])('%s is refused', (text) => {
    expect(() => parseOwnBaseUrl(text, 'public')).toThrow(RangeError)
  })

  it.each([
    'http://127.0.0.1:11434/v1',
    'http://ollama:11434/v1',
    'http://gpu.local/v1',
    'https://10.0.0.7/v1',
    'http://[fd00::7]:8000/v1',
  ])('%s is taken where the operator allows local addresses, and only there', (text) => {
    expect(parseOwnBaseUrl(text, 'local')).toBe(text)
    expect(() => parseOwnBaseUrl(text, 'public')).toThrow(RangeError)
  })

  it.each([
    'http://metadata.google.internal/v1',
    'http://metadata/v1',
    'http://169.254.169.254/v1',
    'http://0xa9fea9fe/v1',
    'http://[fe80::1]/v1',
    'http://[fd00:ec2::254]/v1',
    'http://[::ffff:169.254.169.254]/v1',
    'http://100.100.100.200/v1',
    'http://0.0.0.0/v1',
    'http://[::]/v1',
    'http://u:p@127.0.0.1/v1',
    'ftp://127.0.0.1/',
  ])('%s is refused even there', (text) => {
    expect(() => parseOwnBaseUrl(text, 'local')).toThrow(RangeError)
  })
})
