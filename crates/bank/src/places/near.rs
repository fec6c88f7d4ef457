//! What is near a spot on the map. Spots are those of Chinese maps (GCJ-02), as WeChat sends them.

use super::{Kind, Place, Places};

const EARTH_M: f64 = 6_371_008.8;

/// Latitude and longitude, millionths of a degree.
pub(super) type Spot = (i64, i64);

/// Metres between two spots on the sphere (haversine): right to half a per cent.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "degrees and metres, no money"
)]
pub(super) fn metres(a: Spot, b: Spot) -> i64 {
    let rad = |e6: i64| (e6 as f64 / 1e6).to_radians();
    let (lat_a, lat_b) = (rad(a.0), rad(b.0));
    let (half_lat, half_lon) = ((lat_b - lat_a) / 2.0, (rad(b.1) - rad(a.1)) / 2.0);
    let h = half_lat.sin().powi(2) + lat_a.cos() * lat_b.cos() * half_lon.sin().powi(2);
    (2.0 * EARTH_M * h.sqrt().min(1.0).asin()).round() as i64
}

/// 约350米, 约3.2公里, 约120公里: as the crow flies.
pub(super) fn far_words(metres: i64) -> String {
    match metres {
        ..1_000 => format!("约{}米", (metres + 5) / 10 * 10),
        1_000..10_000 => {
            let tenths = (metres + 50) / 100;
            format!("约{}.{}公里", tenths / 10, tenths % 10)
        }
        _ => format!("约{}公里", (metres + 500) / 1_000),
    }
}

impl Places {
    /// All of a kind with their distance, the nearest first.
    pub(super) fn around(&self, kind: Kind, from: Spot) -> Vec<(&Place, i64)> {
        let of_kind = self.all.iter().filter(|p| p.kind == kind);
        let mut out: Vec<(&Place, i64)> = of_kind.map(|p| (p, metres(from, p.spot))).collect();
        out.sort_by_key(|(p, far)| (*far, p.id));
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_the_globe() {
        // Reckoned apart from this code: 1° of latitude is 111.195 km on this sphere; 济南 to 德州 about 110 km.
        assert_eq!(metres((36_000_000, 117_000_000), (37_000_000, 117_000_000)), 111_195);
        let far = metres((36_651_200, 117_120_000), (37_434_100, 116_357_500));
        assert!((110_000..111_500).contains(&far), "{far}");
        assert_eq!(metres((33_000_000, 111_000_000), (33_000_000, 111_000_000)), 0);
    }

    #[test]
    fn a_distance_is_said_no_finer_than_it_is_known() {
        let said = [0, 347, 994, 1_000, 3_249, 9_949, 10_400, 120_600].map(far_words);
        let want = [
            "约0米",
            "约350米",
            "约990米",
            "约1.0公里",
            "约3.2公里",
            "约9.9公里",
            "约10公里",
            "约121公里",
        ];
        assert_eq!(said, want);
    }
}
