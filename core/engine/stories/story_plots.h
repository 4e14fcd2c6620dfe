// SPDX-License-Identifier: GPL-3.0-or-later
// The plots of StoryMaker as templates (story_template.h). Words: hero, friend (names), kind and friendkind ("girl", "rabbit"), He, he,
// him, his of the hero, Fe, fe, fim, fis of the friend, helper ("mom", "grandpa"), Helper, She, she, her of the helper, thing, colour,
// place, spot (outside), inside, inside2, inside3 (in a house), animal, food, weather, trait, day.
#pragma once

#include <array>
#include <string_view>

namespace loom {

inline constexpr std::
    array<std::string_view, 12>
        kPlots{
            // Something is lost.
            R"([Once upon a time, there was a(n) {trait} {kind} named {hero}.|{hero} was a(n) {trait} {kind}.] {He} had a(n) {colour} {thing} that {he} loved very much. {He} took it [everywhere|to {place} every day|to bed every night].

One {day}, {hero} [could not find|lost] {his} {thing}. {He} [felt very sad|wanted to cry|was worried]. "[Where is my {thing}?|Oh no! My {thing} is gone!]" {he} said. {He} looked {inside}, but it was not there. {He} looked {inside2}, but [it was not there either|there was only dust].

[{friend} came to play|{hero}'s friend {friend} came by] and saw that {hero} was sad. "[Do not worry|Don't cry], I will help you," said {friend}. [They looked together.|They held hands and looked and looked.] At last, {friend} looked {inside3}. [There it was!|And there was the {colour} {thing}!]

{hero} [was so happy|jumped up and down]. "Thank you, {friend}! You are a good friend," {he} said. {He} gave {friend} a big hug, and they played with the {thing} [until it was dark|all day long]. [From then on, {hero} always put {his} {thing} in a safe place.|{hero} never forgot how {friend} had helped {him}.])",

            // Something is shared.
            R"([One {day}|Once], {hero} got a new {thing}[| from {his} {helper}]. It was {colour} and [shiny|very pretty]. {hero} was a(n) {trait} {kind}, but {he} did not like to share.

{hero} took the {thing} to {place}. There {he} met {friend}. "[Can I play with your {thing}?|Wow, what a nice {thing}! May I try it?]" asked {friend}. "No! It is mine!" said {hero}. {friend} [looked down and walked away|was sad and sat down alone].

{hero} played with the {thing}, but [it was not fun alone|soon {he} was bored]. {He} looked at {friend}. {He} remembered what {his} {helper} [always said|had told {him}]: "[Sharing makes things more fun|A toy is more fun with a friend]."

{hero} went to {friend}. "I am sorry," {he} said. "[Do you want to play with me?|Let us play together.]" {friend} smiled. They took turns with the {colour} {thing} and laughed [a lot|until the sun went down]. [When they went home, they were best friends.|{hero} learned that sharing is good.])",

            // A fear is overcome.
            R"({hero} was a(n) {trait} {kind} who [liked|loved] many things. But there was one thing {he} was afraid of: [the dark|loud noises|deep water|the tall slide|big dogs]. [When {he} thought of it, {his} tummy felt funny.|It made {his} knees shake.]

One {day}, {hero} told {his} {helper} about it. "I am scared," {he} said [in a small voice|and began to cry]. {Helper} [sat down next to {him}|took {his} hand]. "[Everyone is afraid of something|It is okay to be scared]," {she} said. "[When I was little, I was scared too.|Being brave means to try even when you are scared.] [We can try it together.|I will stay with you.]"

[So they went slowly, one small step at a time.|They counted to three and took a deep breath.] {hero} held {his} {colour} {thing} very tight. {He} [closed {his} eyes|took one more breath] and tried. [Nothing bad happened!|It was not so bad at all!]

"I did it!" {hero} [shouted|said with a big smile]. {Helper} was very proud. [That night, {hero} told {friend} all about it.|They ate {food} to celebrate.] {hero} was not so afraid any more.)",

            // An animal is helped.
            R"([One {weather} {day}|One {day}], {hero} and {friend} were [walking to|playing at] {place}. They heard a small sound. "[What is that?|Do you hear it?]" asked {hero}. They looked {spot} and found a little {animal}. It was [stuck and could not get out|hurt and could not walk].

"[Poor {animal}!|Oh no, it needs help!]" said {friend}. {hero} was a(n) {trait} {kind} and wanted to help. {He} tried to [reach it|lift it], but {he} was too small. "Let us get your {helper}," said {friend}. They ran home as fast as they could.

{Helper} came with [a long rope|a soft blanket|a big box]. Very slowly and carefully, {she} [took|lifted] the {animal} out. {hero} gave it some [water|{food}], and {friend} [sang to it|kept it warm]. [Soon the {animal} felt better.|After a while, the {animal} opened its eyes.]

The {animal} looked at them [as if to say thank you|and made a happy sound] and went [home to its family|back to its home]. "[It feels good to help|I am glad that we heard it]," said {hero}. [Every {day} after that, the {animal} came to say hello.|They waved until they could not see it any more.])",

            // Bad weather changes a plan.
            R"({hero} and {his} {helper} wanted to go to {place}. {hero} put {his} {colour} {thing} in a bag. {He} was very excited. But when they opened the door, it [began to rain|was snowing hard|was very windy]. "[Now we can't go!|It is not fair!]" {hero} said. {He} [stamped {his} foot|sat on the floor and was sad].

"[We can have fun at home|I have an idea]," said {Helper}. "[Let us make a tent|Let us build a little house] with [chairs and blankets|big boxes]." {hero} was a(n) {trait} {kind}, so {he} [wiped {his} tears and helped|ran to get everything].

They worked [for a long time|together]. When {friend} came to visit, there was room for everybody. They sat inside, ate {food} and [told stories|sang songs]. The [wind|storm] outside [made a soft sound|could not reach them].

"This is [even better than {place}|the best day]!" said {hero}. {Helper} laughed. [The next day the sun came out, but they kept the tent.|{hero} learned that a bad start can become a good day.])",

            // A new friend.
            R"([There was once|Once upon a time, there was] a(n) {trait} {kind} named {hero}. {hero} lived near {place}. {He} had a(n) {colour} {thing}, but {he} had nobody to play with. [Sometimes {he} felt lonely.|Every {day} {he} played alone.]

One {day}, a new {friendkind} came. {Fis} name was {friend}. {friend} was shy and hid {spot}. {hero} saw {fim} and [waved.|said, "Hello! Do not be afraid."] But {friend} did not [say anything|come out].

{hero} thought for a while. Then {he} put {his} {thing} on the ground and sat down. "[You can play with it if you like|I will share it with you]," {he} said. {friend} came [a little closer|out slowly]. {Fe} touched the {thing} and smiled. "[Thank you|I like it]," {fe} said softly.

[Soon they were running and laughing.|They played and talked until it was time to go home.] "Will you come back tomorrow?" asked {hero}. "Yes!" said {friend}. [And from that day on, {hero} was never lonely again.|They became friends, and they are friends to this day.])",

            // Something is made.
            R"([It was {hero}'s {helper}'s birthday.|Tomorrow was a special day for {hero}'s {helper}.] {hero} wanted to [make a cake|paint a picture|build a little house from wood]. {He} was a(n) {trait} {kind}, and {he} wanted to do it all alone.

{He} got everything that {he} needed and began. But {he} was in a hurry. [Crash! Everything fell on the floor.|It fell apart and looked like a mess.] {hero} [began to cry|was angry]. "I can't do it!" {he} said.

{friend} heard {him} and came in. "[Let me help|We can do it together]," said {friend}. "[You hold it and I will fix it.|We only have to go slowly.]" They [started again|cleaned up and tried again]. This time they [were careful|took their time]. When they were done, they put a(n) {colour} ribbon on it.

"[Happy birthday!|This is for you!]" they said. {Helper} [opened {her} eyes wide|was so surprised]. "Did you make this for me? It is beautiful!" {she} said and [kissed {hero}|hugged them both]. [{hero} was proud, and {he} knew that it is better to work together.|Then they all ate {food} and laughed about the mess.])",

            // Too much of a good thing.
            R"({hero} loved {food}. {He} was a(n) {trait} {kind}, but when {he} ate {food}, {he} could not stop. One {day}, {his} {helper} put [a big bowl|a big plate] of {food} on the table. "[This is for everyone|Please wait for {friend}]," {she} said and went [outside|to the garden].

{hero} looked at the {food}. [It smelled so good.|{His} mouth watered.] "Only one," {he} said. But then {he} ate one more, and one more. Soon [the bowl was empty|everything was gone]!

Then {his} tummy began to hurt. "[Ow, ow, ow!|Oh, I feel so bad!]" {he} said. When {friend} came, there was nothing left. {friend} was sad. {hero} felt [bad about it|sorry]. "I ate it all. I am sorry," {he} said.

{Helper} gave {him} [some warm tea|a glass of water] and [put {him} to bed|let {him} rest]. The next day, {hero} helped {his} {helper} to get more {food}. {He} gave the first and the biggest piece to {friend}. "[It tastes better when we share it|Now it is just right]," said {hero}, and they both laughed.)",

            // The truth is told.
            R"(One {day}, {hero} was playing with {his} {thing} in the house. "[Do not play near the table|Be careful]," {his} {helper} had said. But {hero} [ran very fast|threw it high]. Crash! The {colour} [vase|cup|lamp] fell down and broke.

{hero} was scared. {He} hid the pieces {inside}. When {Helper} came, {she} asked, "[What was that sound?|Who broke it?]" "[It was the cat|I don't know]," said {hero}. But {his} [face was red|heart was beating fast]. [All day {he} could not play.|At dinner, {he} could not even eat {his} {food}.]

At last {he} went to {his} {helper}. "I have to tell you something," {he} said. "I broke it. I am sorry that I did not tell the truth." {Helper} looked at {him} for a while. Then {she} [smiled|gave {him} a hug]. "[Thank you for telling me|I am glad that you told me]," {she} said. "[Things can break. The truth is more important.|We can fix it together.]"

[They glued the pieces, one by one.|They cleaned up the pieces together.] {hero} felt light again. {He} was a(n) {trait} {kind}, and {he} [never told a lie again|remembered it for a long time].)",

            // Slow and steady.
            R"({hero} was a(n) {trait} {kind}. {friend} was the fastest {friendkind} of all. "[You are so slow!|I can run faster than you!]" {friend} [laughed|said every day]. One {day}, there was a race to {place}. The prize was a(n) {colour} {thing}.

"[Ready, set, go!|One, two, three, go!]" called {hero}'s {helper}. {friend} ran ahead. Soon {fe} was far away. {Fe} saw some {food} and stopped to eat. "I have a lot of time," {fe} thought. Then {fe} [lay down {spot}|looked for a place to rest] and fell asleep.

{hero} did not stop. {He} went step by step. {He} was [tired|hot], but {he} said to {himself}, "[I can do it|Just a little more]." When {friend} woke up, {hero} was almost there! {friend} ran and ran, but it was too late.

"{hero} is the winner!" said {hero}'s {helper}. {friend} was [surprised|ashamed]. "I am sorry that I laughed at you," {fe} said. {hero} smiled and [let {friend} hold the prize too.|said, "Let us play with the {thing} together."] [And {friend} never laughed at slow people again.|That is how they became good friends.])",

            // Lost on the way.
            R"([One {weather} {day}|One {day}], {hero} went to {place} with {his} {helper}. There were so many things to see! {hero} saw a little {animal} and ran after it. {He} ran and ran. When {he} stopped, {he} did not know where {he} was. {He} could not see {his} {helper} anywhere.

{hero} [was afraid|wanted to cry]. But {he} was a(n) {trait} {kind}, and {he} remembered: "[If you are lost, stay where you are|When you are lost, ask for help]." So {he} sat down {spot} and held {his} {colour} {thing}.

After a while, {friend} came by. "Why are you sitting here?" asked {friend}. "I am lost," said {hero}. "[I will wait with you|Let us call together]," said {friend}. They called as loud as they could.

Then they heard a voice. "{hero}! {hero}!" It was {his} {helper}! {She} ran to {him} and held {him} tight. "[I was so worried|I looked for you everywhere]," {she} said. "You did the right thing." They thanked {friend} and went home [hand in hand|to eat {food}]. [{hero} did not run away again.|The little {animal} watched them go.])",

            // A wish.
            R"([Once upon a time, in a small house near {place}, lived|There once was] a(n) {trait} {kind} named {hero}. More than anything, {hero} wanted a(n) {colour} {thing}. [Every night {he} looked at the stars and made a wish.|{He} dreamed of it every night.]

"[We do not have the money for it|You have to wait until your birthday]," said {his} {helper}. {hero} was sad, but {he} understood. {He} began to help the neighbors. {He} [picked apples|swept the floor|watered the flowers] for {friend}'s family. [Each {day} {he} put a coin in a jar.|For each day {he} got one coin.]

At last {he} had enough. On the way to the shop, {he} met {friend}, who was crying. {friend} had [torn {fis} coat|broken {fis} bowl] and had no money for a new one. {hero} looked at {his} coins. Then {he} gave them to {friend}. "[You need them more than I do|Here, take them]," {he} said.

When {hero} woke up the next morning, there was a box at the door. Inside was a(n) {colour} {thing}! [{friend}'s family had made it for {him}.|"A kind heart should get a gift," said the card.] {hero} [danced with joy|could not stop smiling]. [It was the best gift of all.|{He} shared it with {friend}, of course.])",
        };

}  // namespace loom
