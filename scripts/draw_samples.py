#!/usr/bin/env python3
"""Draws the simulated sample cells of public/samples; no photograph goes in.

Stained cells follow what a May-Grünwald-Giemsa blood smear shows: shapes are implicit distance fields, textures are
smooth noise, granules are small soft discs. Unstained ones follow the optics: a cell in suspension is a weak lens, an adherent
one is dark where it is thick and bright around, as phase contrast shows it. The same seeds give the same pictures. Needs numpy
and Pillow.

Colours, sizes, blur and grain were set to what was measured on photographs (medians over many), and the drawing was refined while
looking at what the models named wrongly or called foreign and why, so how many they name as intended says nothing about their
accuracy. No pixel was searched for. The seeds are simply 1, 2, 3: none was picked for its verdict.

Usage: draw_samples.py [OUTPUT_FOLDER]   (default: public/samples of this checkout)
"""

import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image

kSupersampling = 2
kMarginPx = 8
kSmearSidePx = 288
kVariants = 3

kBackground = (254, 228, 202)
kRedCell = (196, 156, 162)


def smoothstep(value, low, high):
    """Rises smoothly from 0 at low to 1 at high."""
    t = np.clip((value - low) / (high - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def join(first, second, softness_px):
    """Unites two distance fields with a rounded seam.

    Source: polynomial smooth minimum, I. Quilez.
    """
    h = np.clip(0.5 + 0.5 * (second - first) / softness_px, 0.0, 1.0)
    return second + (first - second) * h - softness_px * h * (1.0 - h)


def cut(shape, hole, softness_px):
    """Takes the shape `hole` out of a distance field, with a rounded edge."""
    return -join(-shape, hole, softness_px)


class Slide:
    """One picture while it is drawn: float RGB on the 0..255 scale, coordinates in final px from the centre."""

    def __init__(self, side_px, seed, background):
        """Makes an empty slide.

        Args:
            side_px: width and height of the finished picture.
            seed: list of integers; the whole picture follows from it.
            background: RGB colour of the empty glass.
        """
        self.rng = np.random.default_rng(seed)
        self.side_px = side_px
        count = (side_px + 2 * kMarginPx) * kSupersampling
        axis = (np.arange(count) + 0.5) / kSupersampling - side_px / 2 - kMarginPx
        self.x, self.y = np.meshgrid(axis, axis)
        frequency = np.fft.fftfreq(count, 1.0 / kSupersampling)
        self.frequency_squared = frequency[:, None] ** 2 + frequency[None, : count // 2 + 1] ** 2
        self.rgb = np.ones((count, count, 3)) * np.asarray(background, float)

    def blur(self, field, sigma_px):
        """Returns the field after a periodic Gaussian blur."""
        kernel = np.exp(-2.0 * (np.pi * sigma_px) ** 2 * self.frequency_squared)
        return np.fft.irfft2(np.fft.rfft2(field) * kernel, s=field.shape)

    def noise(self, sigma_px):
        """Returns a smooth random field of mean 0 and standard deviation 1."""
        field = self.blur(self.rng.standard_normal(self.x.shape), sigma_px)
        return (field - field.mean()) / field.std()

    def grain(self, sigma_px):
        """Returns a random field of evenly spread specks, mean 0 and standard deviation 1."""
        field = self.rng.standard_normal(self.x.shape)
        field = self.blur(field, sigma_px) - self.blur(field, 2.2 * sigma_px)
        return field / field.std()

    def uniform(self, low, high):
        """Returns one random number between low and high."""
        return self.rng.uniform(low, high)

    def ellipse(self, cx, cy, rx, ry, angle=0.0):
        """Returns the signed distance (px, negative inside) to an ellipse, exact near its edge."""
        dx, dy = self.x - cx, self.y - cy
        u = dx * np.cos(angle) + dy * np.sin(angle)
        v = dy * np.cos(angle) - dx * np.sin(angle)
        k = np.hypot(u / rx, v / ry)
        return k * (k - 1.0) / (np.hypot(u / rx**2, v / ry**2) + 1e-6)

    def spindle(self, cx, cy, long, wide, angle):
        """Returns about the signed distance to a spindle, drawn out into a point at either end, `long` and `wide` from its middle."""
        dx, dy = self.x - cx, self.y - cy
        u = np.abs(dx * np.cos(angle) + dy * np.sin(angle)) / long
        v = np.abs(dy * np.cos(angle) - dx * np.sin(angle))
        return np.maximum(v - wide * np.clip(1.0 - u, 0.0, 1.0) ** 1.4 * (1.0 + 0.8 * u), (u - 1.0) * long)

    def segment(self, start, end, radius):
        """Returns the signed distance to a round-ended bar."""
        (ax, ay), (bx, by) = start, end
        dx, dy = bx - ax, by - ay
        t = np.clip(((self.x - ax) * dx + (self.y - ay) * dy) / (dx * dx + dy * dy + 1e-9), 0.0, 1.0)
        return np.hypot(self.x - ax - t * dx, self.y - ay - t * dy) - radius

    def paint(self, mask, colour):
        """Lays a colour (RGB or one RGB per pixel) over the picture where mask is 1."""
        self.rgb += mask[..., None] * (np.asarray(colour, float) - self.rgb)

    def stain(self, amount, colour):
        """Multiplies in a translucent stain: amount 1 turns the bare background into the colour."""
        ratio = np.log(np.asarray(colour, float) / np.asarray(kBackground, float))
        self.rgb *= np.exp(amount[..., None] * ratio)

    def dots(self, where, count, radius_px, colour, opacity=1.0, jitter=10.0, edge_px=0.9):
        """Scatters soft discs.

        Args:
            where: density of the discs' centres, any scale.
            count: how many.
            radius_px: smallest and largest radius.
            colour: mean RGB; each disc departs from it by `jitter`.
            opacity: 1 hides what lies below.
            edge_px: width of the soft edge.
        """
        weight = np.clip(where, 0.0, None).ravel()
        rows, columns = np.unravel_index(self.rng.choice(weight.size, count, p=weight / weight.sum()), self.x.shape)
        for row, column in zip(rows, columns):
            radius = self.uniform(*radius_px)
            shade = np.asarray(colour, float) + self.rng.normal(0.0, jitter) + self.rng.normal(0.0, jitter / 3, 3)
            reach = int((radius + 2 * edge_px) * kSupersampling) + 1
            window = np.s_[max(row - reach, 0) : row + reach + 1, max(column - reach, 0) : column + reach + 1]
            distance = np.hypot(self.x[window] - self.x[row, column], self.y[window] - self.y[row, column])
            mask = opacity * smoothstep(radius - distance, -edge_px, edge_px)
            self.rgb[window] += mask[..., None] * (shade - self.rgb[window])

    def finish(self, blur_px, sharpening, noise, black_below=0):
        """Returns the finished 8-bit picture, as a camera would have taken it.

        Args:
            blur_px: standard deviation of the lens blur.
            sharpening: strength of the camera's edge sharpening.
            noise: standard deviation of the sensor noise, in grey levels.
            black_below: what is darker becomes black.
        """
        channels = []
        for index in range(3):
            soft = self.blur(self.rgb[..., index], blur_px)
            channels.append(soft + sharpening * (soft - self.blur(soft, 1.6)))
        tilt = self.uniform(0, 2 * np.pi)
        light = 1.0 + self.uniform(0.005, 0.015) * (np.cos(tilt) * self.x + np.sin(tilt) * self.y) / self.side_px
        picture = np.stack(channels, -1) * light[..., None]
        # The blur is periodic: the margin keeps what wraps around out of the picture.
        side, s, margin = self.side_px, kSupersampling, kMarginPx * kSupersampling
        picture = picture[margin:-margin, margin:-margin].reshape(side, s, side, s, 3).mean((1, 3))
        picture += noise * self.rng.standard_normal((side, side, 1))
        picture[picture < black_below] = 0
        return Image.fromarray(np.clip(np.rint(picture), 0, 255).astype(np.uint8))


def red_cells(slide, keep_clear_px, spacing):
    """Fills the slide with red cells around a clear middle.

    Args:
        keep_clear_px: radius of the middle disc that stays free.
        spacing: smallest distance of two centres in radii; below 2 they may overlap.
    """
    rng = slide.rng
    half = slide.side_px / 2 + 35
    size = slide.uniform(34, 41)
    tint = np.asarray(kRedCell) + rng.normal(0, 4) + rng.normal(0, 2, 3)
    habit = slide.uniform(0.35, 0.85)
    centres = []
    covered = np.zeros_like(slide.x)
    neighbours = rng.integers(6, 14)
    for attempt in range(900):
        radius = size * slide.uniform(0.88, 1.1)
        if attempt < neighbours:
            angle, away = slide.uniform(0, 2 * np.pi), keep_clear_px + radius + slide.uniform(0, 8)
            cx, cy = away * np.cos(angle), away * np.sin(angle)
        else:
            cx, cy = rng.uniform(-half, half, 2)
        if np.hypot(cx, cy) < keep_clear_px + radius:
            continue
        closest = slide.uniform(1.35, 1.8) if rng.random() < 0.06 else spacing
        if any(np.hypot(cx - x, cy - y) < closest * size for x, y in centres):
            continue
        centres.append((cx, cy))
        stretch = slide.uniform(1.0, 1.16)
        shape = slide.ellipse(cx, cy, radius * stretch, radius / stretch, slide.uniform(0, np.pi))
        shape += 1.6 * slide.noise(16)
        depth = -shape / radius
        body = smoothstep(-shape, -2.4, 4.0)
        pallor = np.clip(habit + rng.normal(0, 0.15), 0.1, 0.95)
        start = slide.uniform(0.22, 0.36)
        dome = 1.0 - pallor * smoothstep(depth, start, start + slide.uniform(0.28, 0.42))
        rim = 0.06 * np.exp(-(((shape + 4.0) / 2.6) ** 2))
        thickness = body * (dome * slide.uniform(0.8, 1.05) + rim)
        slide.stain(thickness * (1.0 - 0.6 * covered), tint)
        covered = np.maximum(covered, body)


def platelet_body(slide, cx, cy, radius, granularity):
    """Draws one platelet: a ragged pale fringe round a heap of purple granules."""
    shape = slide.ellipse(cx, cy, radius, radius * slide.uniform(0.84, 1.0), slide.uniform(0, np.pi))
    shape += 0.05 * radius * slide.noise(3.0) + 0.06 * radius * slide.noise(7.0)
    for _ in range(int(radius / 4)):
        angle = slide.uniform(0, 2 * np.pi)
        start = cx + 0.8 * radius * np.cos(angle), cy + 0.8 * radius * np.sin(angle)
        reach = slide.uniform(1.05, 1.22) * radius
        shape = join(shape, slide.segment(start, (cx + reach * np.cos(angle), cy + reach * np.sin(angle)), 0.7), 3.0)
    body = smoothstep(-shape, -1.2, 1.6)
    slide.paint(body * 0.8, np.array([178, 142, 180]) + 12.0 * slide.noise(1.8)[..., None])
    inner = smoothstep(-shape, 0.10 * radius, 0.5 * radius)
    slide.paint(inner * np.clip(0.45 + 0.15 * slide.noise(2.0), 0, 1), (128, 70, 156))
    slide.dots(inner, int(granularity * radius**2), (0.9, 2.1), (104, 42, 146), 0.75, 14)


def stray_platelets(slide, count, keep_clear_px):
    """Scatters small platelets outside the middle."""
    for _ in range(count):
        angle = slide.uniform(0, 2 * np.pi)
        distance = slide.uniform(keep_clear_px + 14, slide.side_px / 2)
        platelet_body(slide, distance * np.cos(angle), distance * np.sin(angle), slide.uniform(6, 9), 0.22)


def scenery(slide, cell_radius, spacing=1.95):
    """Lays what surrounds the cell: uneven glass, red cells, a few stray platelets."""
    slide.rgb += 1.2 * slide.noise(25)[..., None]
    red_cells(slide, cell_radius + slide.uniform(0, 6), spacing + slide.uniform(0.1, 0.9))
    stray_platelets(slide, int(slide.rng.integers(0, 3)), cell_radius)


def nucleus(slide, shape, dark, light, openness, grain_px=1.3):
    """Paints a nucleus with chromatin.

    Args:
        shape: signed distance field of the nucleus.
        dark: RGB of dense chromatin and of the membrane.
        light: RGB of the gaps between chromatin clumps.
        openness: 0 dense and dark, 1 open and lacy.
        grain_px: scale of the clumps.
    """
    fine, coarse, broad = slide.grain(grain_px), slide.grain(grain_px * 1.8), slide.noise(grain_px * 6)
    gaps = smoothstep(0.85 * fine + 0.5 * coarse + 0.15 * broad, 1.1 - 1.1 * openness, 2.3 - 1.0 * openness)
    haze = openness * np.clip(0.25 + 0.15 * broad + 0.2 * coarse, 0.0, 1.0)
    inside = smoothstep(-shape, 1.8, 4.8)
    amount = np.clip(gaps + haze * (1 - gaps), 0.0, 1.0) * inside
    colour = np.asarray(dark, float) + amount[..., None] * (np.asarray(light, float) - np.asarray(dark, float))
    slide.paint(smoothstep(-shape, -1.1, 1.1), colour)


def cytoplasm(slide, shape, colour, mottle, membrane=0.3, membrane_colour=(140, 105, 165)):
    """Paints a cell body with a soft edge, cloudy texture and a faint membrane.

    Args:
        shape: signed distance field of the cell.
        mottle: strength of the texture in grey levels.
        membrane: opacity of the line at the edge.

    Returns:
        The mask of the body.
    """
    body = smoothstep(-shape, -1.4, 1.6)
    texture = mottle * (0.8 * slide.grain(1.0) + 0.5 * slide.noise(3.0) + 0.5 * slide.noise(11))
    slide.paint(body, np.asarray(colour, float) + texture[..., None] * np.array([1.0, 1.0, 0.5]))
    slide.paint(membrane * np.exp(-(((shape + 1.4) / 1.5) ** 2)), membrane_colour)
    return body


def round_cell(slide, radius, wobble_px=1.5, ragged_px=0.3):
    """Returns a nearly round cell outline."""
    stretch = slide.uniform(1.0, 1.07)
    shape = slide.ellipse(0, 0, radius * stretch, radius / stretch, slide.uniform(0, np.pi))
    return shape + wobble_px * slide.noise(18) + ragged_px * slide.noise(2.5)


def lobes(slide, count, orbit, size, sweep, bridge_px):
    """Returns a lobed nucleus: ellipses along an arc, joined by bridges.

    Args:
        count: number of lobes.
        orbit: distance of the lobes from the cell's centre.
        size: mean radius of a lobe.
        sweep: angle of the arc in radians.
        bridge_px: smallest and largest half-width of a bridge.
    """
    start = slide.uniform(0, 2 * np.pi)
    shape, previous = None, None
    for index in range(count):
        angle = start + sweep * (index / max(count - 1, 1)) + slide.rng.normal(0, 0.06)
        away = orbit * slide.uniform(0.88, 1.12)
        cx, cy = away * np.cos(angle), away * np.sin(angle)
        long = size * slide.uniform(1.05, 1.3)
        short = size * slide.uniform(0.78, 0.95)
        lobe = slide.ellipse(cx, cy, long, short, angle + np.pi / 2 + slide.rng.normal(0, 0.35))
        if shape is None:
            shape = lobe
        else:
            bridge = slide.segment(previous, (cx, cy), slide.uniform(*bridge_px))
            shape = join(join(shape, lobe, 3.0), bridge, 4.0)
        previous = cx, cy
    return shape + 0.9 * slide.noise(7)


def neutrophil(slide, variant):
    """Draws three to five joined lobes in a pale pink, finely speckled body."""
    radius = slide.uniform(63, 70)
    scenery(slide, radius)
    shape = round_cell(slide, radius, 2.0)
    cytoplasm(slide, shape, (212, 174, 180), 7, membrane=0.2)
    inner = smoothstep(-shape, 2, 6)
    slide.dots(inner, 520, (0.7, 1.4), (180, 124, 166), 0.5, 12)
    slide.dots(inner, 110, (0.8, 1.5), (150, 88, 154), 0.6, 10)
    count, size, sweep = ((3, 23.0, 3.0), (4, 20.0, 3.9), (5, 17.5, 4.6))[variant]
    nuclear = lobes(slide, count, 0.47 * radius, size, sweep, (5.0, 9.0))
    nucleus(slide, nuclear, (66, 24, 132), (152, 98, 162), 0.22)


def eosinophil(slide, variant):
    """Draws two or three plump lobes in a body packed with orange-pink granules."""
    radius = slide.uniform(64, 70)
    scenery(slide, radius)
    shape = round_cell(slide, radius, 2.0, 0.5)
    cytoplasm(slide, shape, (168, 112, 156), 10, membrane=0.15)
    inner = smoothstep(-shape, 1.5, 4) * smoothstep(slide.noise(14), -1.9, -1.0)
    slide.dots(inner, 700, (2.0, 3.2), (190, 116, 142), 0.7, 12)
    slide.dots(inner, 260, (1.7, 2.8), (206, 138, 146), 0.6, 10)
    slide.dots(inner, 260, (1.2, 2.4), (134, 66, 142), 0.6, 10)
    count, size, sweep = ((2, 29.0, 2.1), (2, 30.0, 1.9), (3, 24.5, 3.0))[variant]
    nuclear = lobes(slide, count, 0.47 * radius, size, sweep, (3.5, 6.0))
    slide.paint(0.6 * np.exp(-((np.clip(nuclear, 0, None) / 2.5) ** 2)), (222, 190, 188))
    nucleus(slide, nuclear, (72, 26, 134), (156, 100, 162), 0.5)


def basophil(slide, variant):
    """Draws coarse dark granules that nearly hide a bilobed nucleus."""
    radius = slide.uniform(57, 62)
    scenery(slide, radius)
    shape = round_cell(slide, radius, 2.0, 0.8)
    body = cytoplasm(slide, shape, (172, 118, 162), 12, membrane=0.1)
    nuclear = lobes(slide, 2, 0.36 * radius, 27.0, slide.uniform(1.9, 2.6), (12.0, 15.0))
    nucleus(slide, nuclear, (86, 38, 136), (128, 72, 150), 0.5)
    edge = smoothstep(-shape, -1.5, 0.5) * smoothstep(slide.noise(9), -2.2, -0.6)
    patchy = edge * np.clip(0.8 + 0.5 * slide.noise(5), 0.05, None)
    slide.dots(patchy, 280, (1.8, 3.2), (104, 46, 140), 0.7, 12)
    slide.dots(patchy, 260, (1.8, 3.6), (66, 22, 124), 0.8, 9)
    slide.dots(body, 150, (0.7, 1.6), (170, 108, 160), 0.6, 12)


def erythroblast(slide, variant):
    """Draws a small round, very dark nucleus in a smooth grey-blue body."""
    radius = slide.uniform(43, 48)
    scenery(slide, radius)
    colour = ((140, 116, 178), (172, 146, 182), (150, 130, 182))[variant]
    shape = round_cell(slide, radius, 3.0, 0.5)
    cytoplasm(slide, shape, colour, 6, membrane=0.35, membrane_colour=np.asarray(colour) - 22)
    size = slide.uniform(29, 34)
    angle = slide.uniform(0, 2 * np.pi)
    away = slide.uniform(3, 9)
    nuclear = slide.ellipse(away * np.cos(angle), away * np.sin(angle), size, size * slide.uniform(0.93, 1.0), angle)
    nuclear += 0.6 * slide.noise(8)
    slide.paint(0.35 * np.exp(-((np.clip(nuclear, 0, None) / 3) ** 2)), np.asarray(colour) + 34)
    nucleus(slide, nuclear, (58, 20, 118), (156, 122, 166), 0.12, 1.5)


def immature_granulocyte(slide, variant):
    """Draws an oval or kidney-shaped nucleus of open chromatin in a body with azurophil granules."""
    radius = slide.uniform(63, 69)
    scenery(slide, radius)
    shape = round_cell(slide, radius, 2.5)
    cytoplasm(slide, shape, ((176, 142, 178), (190, 154, 178), (178, 142, 176))[variant], 9, membrane=0.3)
    inner = smoothstep(-shape, 1.5, 5)
    angle = slide.uniform(0, 2 * np.pi)
    ux, uy = radius * np.cos(angle), radius * np.sin(angle)
    nuclear = slide.ellipse(0.2 * ux, 0.2 * uy, 0.66 * radius, 0.77 * radius, angle)
    dent = (0.05, 0.5, 0.3)[variant] * radius + 4
    hollow = slide.ellipse(-0.55 * ux, -0.55 * uy, dent, dent)
    nuclear = cut(nuclear, hollow, 8.0) + 1.5 * slide.noise(9)
    nucleus(slide, nuclear, (74, 27, 134), (154, 102, 166), 0.85, 1.1)
    slide.dots(inner, 520, (0.9, 1.7), (128, 62, 148), 0.7, 12)
    slide.dots(inner, 280, (1.1, 2.1), (98, 34, 134), 0.8, 10)


def lymphocyte(slide, variant):
    """Draws a round nucleus that leaves only a thin ragged rim of blue."""
    radius = slide.uniform(49, 55)
    scenery(slide, radius)
    shape = round_cell(slide, radius, 2.2, 0.9)
    for _ in range(14):
        angle, reach = slide.uniform(0, 2 * np.pi), radius * slide.uniform(1.0, 1.07)
        hair = slide.segment((0, 0), (reach * np.cos(angle), reach * np.sin(angle)), 0.5)
        shape = join(shape, hair, 2.0)
    cytoplasm(slide, shape, (156, 134, 178), 13, membrane=0.5, membrane_colour=(104, 80, 160))
    angle = slide.uniform(0, 2 * np.pi)
    ux, uy = radius * np.cos(angle), radius * np.sin(angle)
    away, size = ((0.05, 0.93), (0.08, 0.89), (0.1, 0.87))[variant]
    nuclear = slide.ellipse(-away * ux, -away * uy, 0.95 * size * radius, size * radius, angle)
    dent = slide.ellipse(ux, uy, 0.25 * radius, 0.34 * radius, angle)
    nuclear = cut(nuclear, dent, 9.0) + 1.1 * slide.noise(9)
    nucleus(slide, nuclear, (70, 27, 129), (142, 86, 154), 0.62, 1.4)


def monocyte(slide, variant):
    """Draws a large folded nucleus of lacy chromatin in a grey-blue body with vacuoles."""
    radius = slide.uniform(69, 75)
    scenery(slide, radius)
    shape = round_cell(slide, radius, 4.5, 0.8)
    cytoplasm(slide, shape, (162, 136, 178), 13, membrane=0.35, membrane_colour=(126, 98, 168))
    inner = smoothstep(-shape, 2, 6)
    slide.dots(inner, 260, (0.7, 1.2), (136, 96, 166), 0.45, 10)
    angle = slide.uniform(0, 2 * np.pi)
    ux, uy = radius * np.cos(angle), radius * np.sin(angle)
    nuclear = slide.ellipse(0.05 * ux, 0.05 * uy, 0.74 * radius, 0.86 * radius, angle)
    width = (0.2, 0.1, 0.26)[variant] * radius
    fold = slide.segment((-0.9 * ux, -0.9 * uy), (-0.2 * ux + 3, -0.2 * uy - 4), width)
    nuclear = cut(nuclear, fold, 9.0) + 2.6 * slide.noise(9) + 0.8 * slide.noise(4)
    nucleus(slide, nuclear, (78, 28, 136), (150, 96, 162), 0.95, 1.1)
    free = inner * smoothstep(nuclear, 1.0, 4.0)
    slide.dots(free, (16, 9, 24)[variant], (1.8, 4.6), (226, 200, 204), 0.75, 6, 1.4)


def platelet(slide, variant):
    """Draws one large platelet alone among red cells."""
    radius = slide.uniform(24, 29)
    scenery(slide, radius + 8, spacing=2.3)
    platelet_body(slide, 0, 0, radius, (0.3, 0.4, 0.5)[variant])


kCells = {
    "basophil": basophil,
    "eosinophil": eosinophil,
    "erythroblast": erythroblast,
    "immature_granulocyte": immature_granulocyte,
    "lymphocyte": lymphocyte,
    "monocyte": monocyte,
    "neutrophil": neutrophil,
    "platelet": platelet,
}


def draw_smear(name, variant):
    """Returns the picture of one stained cell.

    Args:
        name: class of the cell, a key of kCells.
        variant: 0 to kVariants - 1; picks the number of lobes, the shade and such, and is the seed less 1.
    """
    slide = Slide(kSmearSidePx, [list(kCells).index(name), variant + 1], kBackground)
    kCells[name](slide, variant)
    return slide.finish(blur_px=1.1, sharpening=0.45, noise=0.25)


def draw_phase(name, variant):
    """Returns the picture of an unstained cell in suspension, 40 px: the further in its cycle, the larger.

    A dividing one shows its chromosomes, or is two already. A cell is a weak lens: bright within its edge and dark around it, the wider the further it lies from the plane in focus.
    """
    slide = Slide(40, [200, list(kPhases).index(name), variant + 1], (142, 142, 142))
    radius, defocus = kPhases[name] + 0.2 * (variant - 1), kDefocus[name][variant]
    shape = slide.ellipse(0, 0, radius, radius * slide.uniform(0.93, 1.0), slide.uniform(0, np.pi))
    stage = kMitosis[variant] if name == "mitosis" else None
    if stage == "telophase":
        daughters = [slide.ellipse(0, way * 0.64 * radius, 0.74 * radius, 0.64 * radius) for way in (-1, 1)]
        shape = join(*daughters, 3.0)
    shape += 0.25 * slide.noise(4)
    inside = smoothstep(-shape, -0.8, 1.5)
    dark_px = 1.1 + 1.7 * defocus
    light = -30.0 * np.exp(-(((shape - 1.3 - 0.9 * defocus) / dark_px) ** 2))
    light += (18 + 8 * defocus) * np.exp(-(((shape + 2.2 + defocus) / (1.6 + 1.6 * defocus)) ** 2))
    light += inside * (kMiddle[name] + 12 * defocus * np.exp(-((np.hypot(slide.x, slide.y) / (0.45 * radius)) ** 2)))
    light += inside * ((9 - 4 * defocus) * slide.grain(0.65 + 0.7 * defocus) + (7 if name == "s" else 4) * slide.noise(2.0))
    if stage == "prophase":
        light += (14 * np.clip(slide.noise(0.8), -1, 2) - 8) * smoothstep(radius - 4.5 - np.hypot(slide.x, slide.y), -1.5, 1.5)
    if stage == "metaphase":
        plate = slide.ellipse(0, 0, 0.62 * radius, 2.0, slide.uniform(-0.3, 0.3)) + 0.4 * slide.noise(1.5)
        light += 26 * smoothstep(-plate, -1.2, 1.2) - 10 * smoothstep(radius - 4 - np.hypot(slide.x, slide.y), -2, 2)
    slide.rgb += light[..., None]
    # Granules and vesicles lie below the membrane.
    below = smoothstep(-shape, 0.5, 2.0) * (0.25 + np.exp(-(((shape + 3.0) / 1.8) ** 2)))
    slide.dots(below, int((1 - defocus) * 1.3 * radius), (0.3, 0.6), (205, 205, 205), 0.85, 10, 0.5)
    slide.dots(below, int((1 - defocus) * 0.9 * radius), (0.3, 0.6), (90, 90, 90), 0.7, 10, 0.5)
    return slide.finish(blur_px=0.5, sharpening=0.0, noise=0.9).convert("L")


def draw_viability(name, variant):
    """Returns the picture of a cell in a counting chamber, 48 px."""
    seed = [300, name == "dead", variant + 1]
    return as_picture(94.0 + viability_patch(name, seed) + chamber_noise(np.random.default_rng([*seed, 1]), (48, 48)))


def chamber_noise(rng, shape):
    """Returns the noise of a camera in grey levels."""
    return 1.2 * rng.standard_normal(shape)


def draw_line(name, variant):
    """Returns the picture of an adherent cell among others, 96 px."""
    slide = Slide(96, [400, name == "pc3", variant + 1], (0, 0, 0))
    thickness = np.zeros_like(slide.x)
    others = 6 + variant
    places = [(slide.uniform(26, 64), (number + slide.uniform(-0.3, 0.3)) * 2 * np.pi / others) for number in range(others)]
    for number, (away, angle) in enumerate([*places, (0, 0)]):
        draw = rounded_cell if number in (1, 4) else adherent_cell
        shape, body = draw(slide, name, away * np.cos(angle), away * np.sin(angle))
        thickness = in_groove(thickness, shape) + body
    return as_picture(kLineGrey + phase_contrast(slide, thickness) + line_noise(slide.rng, (96, 96)))


def adherent_cell(slide, name, cx, cy):
    """Returns the outline of one adherent cell, as distance, and its optical thickness.

    LNCaP: slender spindles drawn out into two or three tips; PC3: broader, with a clear nucleus. Both hold a nucleus with
    nucleoli, and granules.
    """
    tilt = slide.uniform(0, np.pi)
    is_spindle = name == "lncap"
    long, wide = (slide.uniform(28, 42), slide.uniform(8, 12)) if is_spindle else (slide.uniform(22, 34), slide.uniform(11, 15))
    shape = slide.spindle(cx, cy, long, wide, tilt)
    for _ in range(int(slide.rng.integers(0, 3))):
        shape = join(shape, slide.spindle(cx, cy, slide.uniform(0.5, 0.9) * long, 0.5 * wide, slide.uniform(0, np.pi)), 4.0)
    if not is_spindle:
        shape = join(shape, slide.ellipse(cx, cy, 0.62 * long, 0.95 * wide, tilt), 4.0)
    shape += (0.4 if is_spindle else 0.8) * slide.noise(3)
    inside = smoothstep(-shape, -0.5, 0.9)
    height = (0.85 if is_spindle else 0.25) * inside + 0.02 * inside * np.clip(-shape, 0, 12)
    nx, ny = cx + slide.uniform(-2, 2), cy + slide.uniform(-2, 2)
    nuclear = slide.ellipse(nx, ny, *((8.0, 5.0) if is_spindle else (9.0, 6.5)), tilt)
    height += 0.26 * np.exp(-((nuclear / 0.7) ** 2)) * inside
    for _ in range(int(slide.rng.integers(1, 4))):
        dx, dy = slide.uniform(-2.5, 2.5), slide.uniform(-2.0, 2.0)
        height += 0.8 * np.exp(-(((slide.x - nx - dx) ** 2 + (slide.y - ny - dy) ** 2) / 1.3**2))
    granules = np.where(nuclear > 0, 1.0, 0.5) * inside * smoothstep(-shape, 0.5, 3.0)
    return shape, height + granules * (0.15 if is_spindle else 0.06) * (slide.grain(0.55) + 0.6 * slide.grain(1.1))


def in_groove(thickness, shape):
    """Returns the thickness of what lies around a cell: between two that meet lies a groove."""
    return thickness * smoothstep(shape, 0.6, 1.8)


def rounded_cell(slide, name, cx, cy):
    """Returns the outline and the optical thickness of a cell that has let go of the ground, as before a division: a small ball."""
    radius = slide.uniform(6.5, 8.0) if name == "lncap" else slide.uniform(7.0, 9.0)
    shape = slide.ellipse(cx, cy, radius, radius * slide.uniform(0.92, 1.0), slide.uniform(0, np.pi))
    inside = smoothstep(-shape, -0.8, 1.4)
    return shape, 1.2 * inside + 0.06 * np.clip(-shape, 0, 8) + 0.13 * inside * (slide.grain(0.8) + slide.noise(1.5))


def phase_contrast(slide, thickness):
    """Returns the light that cells add in the sharpened pictures of an incubator's microscope: dark where they are thick, bright outside their edges."""
    passed = slide.blur(thickness, 0.25) - 0.88 * slide.blur(thickness, 1.25) - 0.12 * slide.blur(thickness, 3.5)
    return at_final_size(slide, -470.0 * passed)


def line_noise(rng, shape):
    """Returns the noise of such pictures: sharpened with them."""
    noise = rng.standard_normal(shape)
    near = sum(np.roll(noise, step, axis) for step in (-1, 1) for axis in (0, 1)) / 4
    return 2.6 * (noise + 0.9 * near)


def as_picture(grey):
    """Returns an 8-bit grey picture."""
    return Image.fromarray(np.clip(np.rint(grey), 0, 255).astype(np.uint8))


def draw_cut_out(name, variant):
    """Returns the picture of a cell cut out along its outline, 192 px, black around.

    Phase contrast: a flat grey border, a darker grainy middle with nucleus and nucleoli, and a halo, which is a crescent at a
    broad cell (MDA-MB-231) and lies along both sides of a spindle (PC3).
    """
    slide = Slide(192, [600, name == "pc3", variant + 1], (122, 122, 122))
    tilt = slide.uniform(0, np.pi)
    if name == "pc3":
        long, wide = slide.uniform(66, 80), slide.uniform(17, 21)
        shape = join(slide.spindle(0, 0, long, wide, tilt), slide.ellipse(0, 0, 0.55 * long, 0.9 * wide, tilt), 6.0) + 1.5 * slide.noise(8)
        border, halo = slide.uniform(3, 6), 58.0
    else:
        long, wide = slide.uniform(34, 46), slide.uniform(27, 36)
        shape = slide.ellipse(0, 0, long, wide, tilt) + 3.5 * slide.noise(9)
        border, halo = slide.uniform(9, 14), 34.0 * np.clip(slide.noise(18), 0, 1.5)
    middle = smoothstep(-shape, border, border + 5)
    light = middle * (-16 + 11 * slide.grain(1.2) + 7 * slide.noise(3.0)) + 2.5 * slide.noise(2.0)
    nuclear = slide.ellipse(slide.uniform(-4, 4), slide.uniform(-3, 3), 13, 9, tilt)
    light += middle * (10 * np.exp(-((nuclear / 1.6) ** 2)) - 7 * smoothstep(-nuclear, 0, 3))
    for _ in range(2):
        light -= 30 * np.exp(-((slide.x - slide.uniform(-6, 6)) ** 2 + (slide.y - slide.uniform(-5, 5)) ** 2) / 2.2**2)
    light += halo * np.exp(-(((shape + border) / 3.2) ** 2))
    slide.rgb += light[..., None]
    # Outlines that are found by a threshold are ragged.
    slide.rgb *= smoothstep(-(shape + 2.0 * slide.noise(1.6)), -3.5, -2.5)[..., None]
    return slide.finish(blur_px=0.7, sharpening=0.0, noise=1.0, black_below=24).convert("L")


def write_glimpse(folder, file):
    """Writes a small copy of a picture for the start screen, a twentieth of its bytes; returns its name."""
    glimpse = file.replace("simulated-", "glimpse-").replace(".png", ".jpg")
    picture = Image.open(folder / file)
    picture.thumbnail((kGlimpsePx, kGlimpsePx))
    picture.save(folder / glimpse, quality=80, optimize=True)
    return glimpse


def at_final_size(slide, field):
    """Returns a field of the slide without its margin, [side][side] at final size."""
    side, s, margin = slide.side_px, kSupersampling, kMarginPx * kSupersampling
    return field[margin:-margin, margin:-margin].reshape(side, s, side, s).mean((1, 3))


def viability_patch(name, seed):
    """Returns the light of one cell of a counting chamber, 48 px: a dark disc with a bright slit (live), or a dull grainy ring (dead)."""
    slide = Slide(48, seed, (0, 0, 0))
    tilt = slide.uniform(-0.4, 0.4)
    radius = slide.uniform(8.5, 10.5) if name == "live" else slide.uniform(9.5, 11.5)
    shape = slide.ellipse(0, 0, 0.9 * radius, radius, tilt) + 0.5 * slide.noise(4)
    inside = smoothstep(-shape, -2.0, 3.0)
    if name == "live":
        slit = slide.ellipse(0, 0, slide.uniform(1.6, 2.4), slide.uniform(3.2, 4.6), tilt)
        light = -52.0 * inside + 190.0 * smoothstep(-slit, -1.0, 1.0)
    else:
        shadow = slide.ellipse(slide.uniform(-1, 1), slide.uniform(-1, 1), radius, radius, 0)
        light = -24.0 * smoothstep(-shadow, -5.0, 6.0)
        light -= 26.0 * np.exp(-(((shape + 3.0) / 1.8) ** 2)) * (1.0 + 0.4 * slide.noise(4))
        light += 9.0 * np.exp(-(((shape - 1.0) / 1.6) ** 2)) * np.clip(0.5 + slide.noise(4), 0, 2)
        light += smoothstep(-shape, -2.0, 3.0) * 11.0 * slide.noise(1.2)
    return at_final_size(slide, slide.blur(light, 1.0))


def spread_out(rng, count, place, spacing_px):
    """Returns so many points that lie apart, [count][2]; `place` draws one, None where it will not do."""
    points = []
    while len(points) < count:
        point = place()
        if point is not None and all(np.hypot(*(point - other)) >= spacing_px for other in points):
            points.append(point)
    return points


kFieldPx = 640, 480


def draw_chamber(counts, seed):
    """Returns a field of a counting chamber with so many cells of each name, none cut by its border."""
    width, height = kFieldPx
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    field = 92.0 + 4.0 * np.cos(x / width * 2.1 + 0.4) * np.cos(y / height * 1.7)
    names = [name for name, count in counts.items() for _ in range(count)]
    centres = spread_out(rng, len(names), lambda: np.array([rng.integers(40, width - 40), rng.integers(40, height - 40)]), 42)
    for number, ((cx, cy), name) in enumerate(zip(centres, names)):
        light = viability_patch(name, [*seed, number])
        half = light.shape[0] // 2
        field[cy - half : cy + half, cx - half : cx + half] += light
    return as_picture(field + chamber_noise(rng, field.shape))


def draw_flask(counts, seed):
    """Returns a field of a flask with so many cells of each name, each line in a colony of its own, one in eight rounded."""
    width, height = kFieldPx
    whole = Slide(width, seed, (0, 0, 0))
    rng, reach = whole.rng, 56
    thickness = np.zeros_like(whole.x)
    for name, (x, y) in zip(counts, kColonies):

        def place():
            point = np.array([x, y]) + rng.normal(0, (85, 110))
            return point if abs(point[0]) < width / 2 - 44 and abs(point[1]) < height / 2 - 44 else None

        for number, (cx, cy) in enumerate(spread_out(rng, counts[name], place, 33)):
            small = Slide(2 * (reach - kMarginPx), [*seed, name == "pc3", number], (0, 0, 0))
            shape, body = (rounded_cell if number % 8 == 7 else adherent_cell)(small, name, 0, 0)
            column, row = (int(round((at + width / 2 + kMarginPx - reach) * kSupersampling)) for at in (cx, cy))
            window = np.s_[row : row + len(body), column : column + len(body)]
            thickness[window] = in_groove(thickness[window], shape) + body
    light = phase_contrast(whole, thickness)[(width - height) // 2 :][:height]
    return as_picture(kLineGrey + light + line_noise(rng, light.shape))


def main(folder):
    """Writes all pictures and manifest.json into a folder."""
    sets = []
    for model, (title, names, draw) in kSets.items():
        (folder / model).mkdir(parents=True, exist_ok=True)
        images = []
        for name in names:
            for variant in range(kVariants):
                file = f"{model}/simulated-{name.replace('_', '-')}-{variant + 1}.png"
                draw(name, variant).save(folder / file, optimize=True)
                images.append({"file": file, "intended": name})
        first = kGlimpsed.get(model) or [images[i * len(images) // kGlimpses]["file"] for i in range(kGlimpses)]
        # What the model says of each is added by scripts/glimpse_verdicts.ts.
        glimpses = [{"file": write_glimpse(folder, file)} for file in first]
        fields = []
        for number, (counts, draw_field) in enumerate(kFields.get(model, [])):
            (folder / model / "fields").mkdir(exist_ok=True)
            file = f"{model}/fields/simulated-field-{number + 1}.png"
            draw_field(counts, [500 + list(kSets).index(model), number + 1]).save(folder / file, optimize=True)
            fields.append({"file": file, "counts": counts})
        sets.append({"model": model, "title": title, "images": images, "glimpses": glimpses, "fields": fields})
    for model, of in kShared.items():
        sets.append({**next(one for one in sets if one["model"] == of), "model": model})
    manifest = {"note": "Simulated: drawn by scripts/draw_samples.py, not photographed.", "sets": sets}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


kGlimpses = 4
kGlimpsed = {"blood-smear": [f"blood-smear/simulated-{name}-1.png" for name in ("basophil", "lymphocyte", "neutrophil", "immature-granulocyte")]}
"""What the start screen shows, where it is not from all over the set: of the last one the model is honestly unsure."""
kGlimpsePx = 160
"""Twice the side at which the start screen shows them."""

kPhases = {"g1": 8.2, "s": 10.2, "g2": 11.3, "mitosis": 12.3}
"""Radius in px at 0.5 µm per pixel."""

kMitosis = "prophase", "metaphase", "telophase"

kMiddle = {"g1": 10, "s": 7, "g2": 5, "mitosis": 2}
"""Grey levels that the middle of a cell in focus is brighter than what surrounds it."""

kDefocus = {"g1": (0.8, 0.4, 0.9), "s": (0.3, 0.4, 0.25), "g2": (0.2, 0.2, 0.1), "mitosis": (0.0, 0.0, 0.0)}
"""How far each cell lies from the plane in focus, 0 to 1."""

kLineGrey = 98.0
"""Grey level of the empty flask."""

kSets = {
    "blood-smear": ("Simulated blood cells", kCells, draw_smear),
    "cell-cycle": ("Simulated cells in suspension", kPhases, draw_phase),
    "viability": ("Simulated cells of a counting chamber", ("live", "dead"), draw_viability),
    "prostate-lines": ("Simulated adherent cells", ("lncap", "pc3"), draw_line),
    "cancer-lines": ("Simulated cells, cut out", ("mda_mb_231", "pc3"), draw_cut_out),
}

kShared = {"blood-smear-anywhere": "blood-smear"}
"""Models that show the samples of another."""

kFields = {
    "viability": [({"live": 30, "dead": 10}, draw_chamber)],
    "prostate-lines": [({"lncap": 34, "pc3": 26}, draw_flask)],
}
"""Of each field how many cells of each name, and what draws it."""

kColonies = (-150, 0), (155, 0)
"""Middle of the colony of each line, in px from that of the field."""


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent / "public" / "samples")
