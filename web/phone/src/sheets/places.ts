// Invented places a simulated customer can stand at; degrees north and east, as on the demo's map of the province, except the last.
export interface Place {
  label: string
  about: string
  x: number
  y: number
}

export const PLACES: readonly Place[] = [
  { label: '河东集市', about: '陵溪县河东镇', x: 33.0346, y: 110.9752 },
  { label: '城关汽车站', about: '陵溪县城关镇', x: 33.0092, y: 111.0118 },
  { label: '柳树湾村口', about: '陵溪县柳树湾村', x: 33.0408, y: 110.9893 },
  { label: '云麓县城', about: '云麓县城关镇', x: 33.2121, y: 111.1723 },
  { label: '外省的工地', about: '离家五百公里', x: 29.8642, y: 107.0851 },
]
