"""What a chat model is asked: short texts of a household, each with a question and words that its answer has to hold.

They are ours, and in the form in which the product asks (`assistant/prompt.py`).
"""

from typing import Final

QUESTIONS: Final[tuple[tuple[str, str, str], ...]] = (
    ("The spare key hangs behind the blue door.", "Where does the spare key hang?", "blue door"),
    ("The boiler was serviced on 4 March by Mr Olsen.", "Who serviced the boiler?", "olsen"),
    ("Miso gets 60 grams of dry food at seven in the morning.", "How many grams of dry food does Miso get?", "60"),
    ("The water is turned off in the cellar, left of the stairs.", "Where is the water turned off?", "cellar"),
    ("The dishwasher has a warranty of five years.", "How long is the warranty of the dishwasher?", "five years"),
    ("Rubbish is collected on Tuesday, paper on Friday.", "When is paper collected?", "friday"),
    ("The lamp of the lighthouse was lit in 1868.", "In which year was the lamp lit?", "1868"),
    ("Grandma's walnut cake bakes for fifty minutes.", "How long does the walnut cake bake?", "fifty minutes"),
    ("The plum tree is pruned in February.", "When is the plum tree pruned?", "february"),
    ("The rent is 840 euros and is due on the first.", "How much is the rent?", "840"),
    ("Our doctor is Dr Lindqvist in Harbour Street.", "Who is our doctor?", "lindqvist"),
    ("The bicycle has a frame number that ends in 7719.", "With what does the frame number end?", "7719"),
    ("The piano is tuned by Anna once a year.", "Who tunes the piano?", "anna"),
    ("The school play begins at six in the town hall.", "Where is the school play?", "town hall"),
    ("The ladder may carry at most 150 kilograms.", "How much may the ladder carry?", "150"),
    ("Paint for the fence is green and stands in the shed.", "What colour is the paint for the fence?", "green"),
    ("The train to Bergen leaves from platform nine.", "From which platform does the train leave?", "nine"),
    ("The dentist moved the visit to Thursday.", "To which day was the visit moved?", "thursday"),
    ("The smoke alarm needs a new battery every October.", "When does the smoke alarm need a battery?", "october"),
    ("The car is parked on the third level.", "On which level is the car parked?", "third"),
    ("The library book must be back by 12 June.", "By when must the book be back?", "12 june"),
    ("The soup needs two onions and one leek.", "How many onions does the soup need?", "two"),
    ("Ada was born in Oslo, Ben in Turin.", "Where was Ada born?", "oslo"),
    ("The garden hose is twenty metres long.", "How long is the garden hose?", "twenty metres"),
    ("The insurance covers water damage and no theft.", "What does the insurance cover?", "water damage"),
    ("The neighbour's cat is called Pepper.", "What is the neighbour's cat called?", "pepper"),
    ("The stove is lit with dry birch.", "With what is the stove lit?", "birch"),
    ("The meeting of the house is held every Monday.", "When is the meeting held?", "monday"),
    ("The tent sleeps four people.", "How many people does the tent sleep?", "four"),
    ("The code of the gate is changed each spring.", "When is the code of the gate changed?", "spring"),
)
