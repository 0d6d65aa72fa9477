"""Owns the 256 words that screens show for people to compare: short, plain, and unlike each other."""

from typing import Final

_TEXT: Final = """
acorn alder amber anchor anvil apple apron arch arrow aspen atlas autumn badge bagel bakery bamboo banjo barley
basil basket beacon beaver berry bicycle birch biscuit blanket blossom boulder branch bread breeze brick bridge
bronze bucket butter button cabin cactus camel candle canoe canyon carpet carrot castle cedar cello cherry
chimney cinnamon circus clay clover cobalt coconut comet compass copper coral cottage cotton cradle crane
cricket crystal cupboard curtain daisy dancer daylight denim desert diamond dolphin domino donkey dragon drawer
drum eagle easel ebony echo elbow elephant ember emerald engine falcon feather fennel ferry fiddle finch flannel
flute forest fountain fox galaxy garden garlic ginger giraffe glacier granite grape guitar hammer hammock harbor
harvest hazel hedge helmet heron honey horizon hotel igloo indigo island ivory jacket jaguar jasmine jigsaw
jungle juniper kayak kettle kitten koala ladder lagoon lantern lavender lemon leopard library lilac lizard
lobster locket lotus magnet mango maple marble meadow melon meteor mirror mitten monsoon mosaic mountain muffin
mushroom mustard needle nickel nutmeg oasis ocean olive onion opera orange orchard orchid otter owl oyster
paddle palace panda paper parrot pasture peach peanut pebble pelican pencil penguin pepper piano picnic pigeon
pillow pine planet plum pocket pony poplar potato prairie prism pumpkin puzzle quartz quilt rabbit raccoon
radish railway rainbow raven ribbon river robin rocket saddle saffron sailor salmon sandal saturn scarf shadow
shovel silver sparrow spinach sunrise swan teapot temple thistle thunder tiger timber tomato trumpet tulip
tunnel turtle umbrella valley vanilla velvet violin volcano waffle wagon walnut whistle willow window winter
yogurt zebra
"""
WORDS: Final = tuple(_TEXT.split())
