// Drawings over the picture in its own pixels that can be pressed and dragged: what they need to know of the stage.

import type { ComponentChildren, TargetedKeyboardEvent } from "preact";
import type { Point } from "./ruler";

export interface Ground {
  // Width and height of the picture.
  readonly size: Point;
  // Pixels of the picture in one of the screen: lines and handles stay as they are while the picture is zoomed.
  readonly unit: number;
  readonly at: (event: PointerEvent) => Point;
}

export function Layer({ ground: { size: [width, height] }, name, children }: { ground: Ground; name: string; children: ComponentChildren }) {
  return <svg class={`layer ${name}`} viewBox={`-0.5 -0.5 ${width} ${height}`} preserveAspectRatio="none">{children}</svg>;
}

const STEPS: Readonly<Record<string, Point>> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const FAR = 10;

interface HandleProps {
  readonly ground: Ground;
  readonly at: Point;
  readonly label: string;
  readonly name: string;
  readonly onMove: (to: Point) => void;
  readonly onRemove?: (() => void) | undefined;
  readonly onPress?: ((event: PointerEvent) => void) | undefined;
  readonly large?: boolean;
}

// Dragged with a pointer, or moved with the arrow keys by one pixel of the picture (with Shift, by ten).
export function Handle({ ground, at, label, name, onMove, onRemove, onPress, large = false }: HandleProps) {
  const pressed = (event: TargetedKeyboardEvent<SVGGElement>) => {
    const step = STEPS[event.key];
    const removes = onRemove !== undefined && (event.key === "Delete" || event.key === "Backspace");
    if (step === undefined && !removes) return;
    event.preventDefault();
    event.stopPropagation();
    const far = event.shiftKey ? FAR : 1;
    if (step === undefined) onRemove?.();
    else onMove([at[0] + far * step[0], at[1] + far * step[1]]);
  };
  return (
    <g
      class={`handle ${name}`} role="button" tabindex={0} aria-label={label} aria-roledescription={name} transform={`translate(${at[0]} ${at[1]})`}
      onKeyDown={pressed}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.stopPropagation();
        event.currentTarget.focus({ preventScroll: true });
        event.currentTarget.setPointerCapture(event.pointerId);
        onPress?.(event);
      }}
      onPointerMove={(event) => {
        if (event.currentTarget.hasPointerCapture(event.pointerId)) onMove(ground.at(event));
      }}
      onDblClick={(event) => {
        event.stopPropagation();
        onRemove?.();
      }}
    >
      <circle class="reach" r={(large ? 18 : 11) * ground.unit} />
      <circle class="dot" r={(large ? 8 : 4.5) * ground.unit} stroke-width={1.75 * ground.unit} />
    </g>
  );
}
