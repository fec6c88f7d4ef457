import { describe, expect, it } from 'vitest'
import { indentXml, pretty, tokens } from '../src/format/pretty'

describe('wire bodies made readable', () => {
  it('indents XML and keeps texts and CDATA on the line of their tag', () => {
    expect(indentXml('<xml><A><![CDATA[一 < 二]]></A><B>7</B><C><D/></C></xml>')).toBe(
      ['<xml>', '  <A><![CDATA[一 < 二]]></A>', '  <B>7</B>', '  <C>', '    <D/>', '  </C>', '</xml>'].join('\n'),
    )
  })

  it.each(['<xml><A>x</xml>', '<xml><A>x</A>', '<xml', '<xml><A><![CDATA[我写 ]]> 试]]></A></B></xml>'])(
    'shows ill-formed XML as it came: %s',
    (body) => {
      expect(pretty(body)).toEqual({ kind: 'text', text: body })
    },
  )

  it('indents JSON and leaves broken JSON alone', () => {
    expect(pretty('{"a":[1,true]}').text).toBe('{\n  "a": [\n    1,\n    true\n  ]\n}')
    expect(pretty('{"a":')).toEqual({ kind: 'text', text: '{"a":' })
  })

  it('splits a form body into lines', () => {
    expect(pretty('to=138&text=%E4%BD%A0%E5%A5%BD')).toEqual({ kind: 'form', text: 'to = 138\ntext = 你好' })
  })

  it('leaves plain acknowledgements alone', () => {
    expect(pretty('success')).toEqual({ kind: 'text', text: 'success' })
    expect(pretty('')).toEqual({ kind: 'text', text: '' })
  })

  it.each(['{"a":"x:1","n":-1.5e3,"t":null}', '<xml><A><![CDATA[a<b]]></A><B c="d">7</B></xml>', 'success'])(
    'never loses a character when colouring %s',
    (body) => {
      const shown = pretty(body)
      expect(tokens(shown).map((one) => one.s).join('')).toBe(shown.text)
    },
  )

  it('tells names from values in JSON', () => {
    const found = tokens(pretty('{"errcode":0}'))
    expect(found.find((one) => one.c === 'name')?.s).toBe('"errcode"')
    expect(found.find((one) => one.c === 'number')?.s).toBe('0')
  })

  it('does not choke on a megabyte', () => {
    const body = `{"a":"${'x'.repeat(1_000_000)}"}`
    expect(pretty(body).kind).toBe('text')
  })
})
